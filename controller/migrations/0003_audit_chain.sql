CREATE TABLE `audit_segments` (
	`first_seq` integer PRIMARY KEY NOT NULL,
	`last_seq` integer NOT NULL,
	`first_link` text NOT NULL,
	`last_link` text NOT NULL,
	`file` text NOT NULL,
	`sha256` text NOT NULL,
	`moved_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `audit` ADD `hash` text DEFAULT '' NOT NULL;
--> statement-breakpoint
-- Rules that hold whatever the code above does.
CREATE TRIGGER `audit_is_never_changed` BEFORE UPDATE ON `audit`
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_is_never_deleted` BEFORE DELETE ON `audit`
WHEN OLD.`seq` > (SELECT coalesce(max(`last_seq`), 0) FROM `audit_segments`)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: rows leave it for a segment alone'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_segment_is_never_changed` BEFORE UPDATE ON `audit_segments`
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_segment_is_never_deleted` BEFORE DELETE ON `audit_segments`
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
