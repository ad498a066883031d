-- A lineage without a head waits for its genesis; the newest of a series is the one that learns.
CREATE TABLE `__new_lineages` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`lineage` text NOT NULL,
	`series` text NOT NULL,
	`head_version_id` text,
	`head_hash` text,
	`n_states` integer,
	`branch_of` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`head_version_id`) REFERENCES `versions`(`version_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
INSERT INTO `__new_lineages`("lineage", "series", "head_version_id", "created_at", "updated_at") SELECT "lineage", "series", "head_version_id", "updated_at", "updated_at" FROM `lineages`;--> statement-breakpoint
DROP TABLE `lineages`;--> statement-breakpoint
ALTER TABLE `__new_lineages` RENAME TO `lineages`;--> statement-breakpoint
CREATE UNIQUE INDEX `lineages_lineage_unique` ON `lineages` (`lineage`);--> statement-breakpoint
CREATE INDEX `lineages_by_series` ON `lineages` (`series`,`seq`);--> statement-breakpoint
CREATE INDEX `dispositions_by_time` ON `dispositions` (`lineage`,`kind`,`to_ms`);--> statement-breakpoint
CREATE INDEX `dispositions_by_version` ON `dispositions` (`version_id`);--> statement-breakpoint
-- Rules that hold whatever the code above does.
CREATE TRIGGER `candle_is_trained_once_per_lineage` BEFORE INSERT ON `dispositions`
WHEN NEW.`kind` = 'trained' AND EXISTS (
  SELECT 1 FROM `dispositions` WHERE `lineage` = NEW.`lineage` AND `kind` = 'trained'
  AND `to_ms` >= NEW.`from_ms` AND `from_ms` <= NEW.`to_ms`)
BEGIN SELECT RAISE(ABORT, 'a candle is trained at most once per lineage'); END;
--> statement-breakpoint
CREATE TRIGGER `disposition_is_never_changed` BEFORE UPDATE ON `dispositions`
BEGIN SELECT RAISE(ABORT, 'what became of a candle is never rewritten'); END;
--> statement-breakpoint
CREATE TRIGGER `disposition_is_never_deleted` BEFORE DELETE ON `dispositions`
BEGIN SELECT RAISE(ABORT, 'what became of a candle is never rewritten'); END;
--> statement-breakpoint
-- A new or rewound lineage takes files back: processed → downloaded, and deleted → downloaded once the CSV is there again.
DROP TRIGGER `file_status_follows_its_path`;
--> statement-breakpoint
CREATE TRIGGER `file_status_follows_its_path` BEFORE UPDATE OF `status` ON `files`
WHEN NEW.`status` <> OLD.`status` AND NOT (
  (OLD.`status` = 'downloaded' AND NEW.`status` IN ('processing', 'quarantined'))
  OR (OLD.`status` = 'processing' AND NEW.`status` IN ('downloaded', 'processed', 'quarantined'))
  OR (OLD.`status` = 'processed' AND NEW.`status` IN ('deleted', 'quarantined', 'downloaded'))
  OR (OLD.`status` = 'deleted' AND NEW.`status` = 'downloaded'))
BEGIN SELECT RAISE(ABORT, 'no such step in the life of a file'); END;
