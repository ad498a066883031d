-- Rules that hold whatever the code above does.
CREATE TRIGGER `watermark_moves_forward` BEFORE UPDATE ON `watermarks`
WHEN NEW.`value` < OLD.`value`
BEGIN SELECT RAISE(ABORT, 'a watermark never moves back'); END;
--> statement-breakpoint
CREATE TRIGGER `fence_only_grows` BEFORE UPDATE ON `meta`
WHEN NEW.`fence` < OLD.`fence` OR NEW.`epoch` < OLD.`epoch` OR NEW.`domain` <> OLD.`domain`
BEGIN SELECT RAISE(ABORT, 'fence and epoch only grow, and a ledger keeps its domain'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_is_never_changed` BEFORE UPDATE ON `audit`
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_is_never_deleted` BEFORE DELETE ON `audit`
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `file_content_is_fixed` BEFORE UPDATE ON `files`
WHEN NEW.`file_id` <> OLD.`file_id` OR NEW.`sha256` <> OLD.`sha256` OR NEW.`path` <> OLD.`path`
  OR NEW.`t_start` <> OLD.`t_start` OR NEW.`t_end` <> OLD.`t_end` OR NEW.`bars` <> OLD.`bars`
BEGIN SELECT RAISE(ABORT, 'a registered file is immutable'); END;
--> statement-breakpoint
CREATE TRIGGER `file_status_follows_its_path` BEFORE UPDATE OF `status` ON `files`
WHEN NEW.`status` <> OLD.`status` AND NOT (
  (OLD.`status` = 'downloaded' AND NEW.`status` IN ('processing', 'quarantined'))
  OR (OLD.`status` = 'processing' AND NEW.`status` IN ('downloaded', 'processed', 'quarantined'))
  OR (OLD.`status` = 'processed' AND NEW.`status` IN ('deleted', 'quarantined')))
BEGIN SELECT RAISE(ABORT, 'no such step in the life of a file'); END;
--> statement-breakpoint
CREATE TRIGGER `version_stays` BEFORE DELETE ON `versions`
BEGIN SELECT RAISE(ABORT, 'versions are marked as pruned, never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `promotion_is_newest` BEFORE INSERT ON `promotions`
WHEN NEW.`fence` <= (SELECT coalesce(max(`fence`), 0) FROM `promotions`)
BEGIN SELECT RAISE(ABORT, 'a promotion needs a newer fence than the last'); END;
