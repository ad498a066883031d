-- An import brings back the file that it finds in quarantine: to be trained on, or, when its lineage knows it, as processed.
DROP TRIGGER `file_status_follows_its_path`;
--> statement-breakpoint
CREATE TRIGGER `file_status_follows_its_path` BEFORE UPDATE OF `status` ON `files`
WHEN NEW.`status` <> OLD.`status` AND NOT (
  (OLD.`status` = 'downloaded' AND NEW.`status` IN ('processing', 'quarantined'))
  OR (OLD.`status` = 'processing' AND NEW.`status` IN ('downloaded', 'processed', 'quarantined'))
  OR (OLD.`status` = 'processed' AND NEW.`status` IN ('deleted', 'quarantined', 'downloaded'))
  OR (OLD.`status` = 'deleted' AND NEW.`status` = 'downloaded')
  OR (OLD.`status` = 'quarantined' AND (NEW.`status` = 'downloaded'
    OR (NEW.`status` = 'processed' AND OLD.`processed_at` IS NOT NULL))))
BEGIN SELECT RAISE(ABORT, 'no such step in the life of a file'); END;
