CREATE TABLE `disposition_ranges` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`lineage` text NOT NULL,
	`series` text NOT NULL,
	`kind` text NOT NULL,
	`from_ms` integer NOT NULL,
	`to_ms` integer NOT NULL,
	`candles` integer NOT NULL,
	`until_seq` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `disposition_ranges_by_time` ON `disposition_ranges` (`lineage`,`kind`,`to_ms`);--> statement-breakpoint
CREATE TABLE `file_ranges` (
	`series` text NOT NULL,
	`kind` text NOT NULL,
	`from_ms` integer NOT NULL,
	`to_ms` integer NOT NULL,
	`files` integer NOT NULL,
	`bars` integer NOT NULL,
	`chain` text NOT NULL,
	`compacted_at` integer NOT NULL,
	PRIMARY KEY(`series`, `kind`)
);
--> statement-breakpoint
CREATE TABLE `lineage_files` (
	`lineage` text NOT NULL,
	`until_seq` integer NOT NULL,
	`files` integer NOT NULL,
	`bars` integer NOT NULL,
	PRIMARY KEY(`lineage`, `until_seq`)
);
--> statement-breakpoint
-- Rules that hold whatever the code above does.
DROP TRIGGER `candle_is_trained_once_per_lineage`;
--> statement-breakpoint
CREATE TRIGGER `candle_is_trained_once_per_lineage` BEFORE INSERT ON `dispositions`
WHEN NEW.`kind` = 'trained' AND (EXISTS (
  SELECT 1 FROM `dispositions` WHERE `lineage` = NEW.`lineage` AND `kind` = 'trained'
  AND `to_ms` >= NEW.`from_ms` AND `from_ms` <= NEW.`to_ms`) OR EXISTS (
  SELECT 1 FROM `disposition_ranges` WHERE `lineage` = NEW.`lineage` AND `kind` = 'trained'
  AND `to_ms` >= NEW.`from_ms` AND `from_ms` <= NEW.`to_ms`))
BEGIN SELECT RAISE(ABORT, 'a candle is trained at most once per lineage'); END;
--> statement-breakpoint
DROP TRIGGER `disposition_is_never_deleted`;
--> statement-breakpoint
CREATE TRIGGER `disposition_is_deleted_when_folded` BEFORE DELETE ON `dispositions`
WHEN NOT EXISTS (
  SELECT 1 FROM `disposition_ranges` WHERE `lineage` = OLD.`lineage` AND `kind` = OLD.`kind`
  AND `from_ms` <= OLD.`from_ms` AND `to_ms` >= OLD.`to_ms`)
BEGIN SELECT RAISE(ABORT, 'what became of a candle is folded into a range before its row goes'); END;
--> statement-breakpoint
CREATE TRIGGER `disposition_range_is_deleted_when_joined` BEFORE DELETE ON `disposition_ranges`
WHEN NOT EXISTS (
  SELECT 1 FROM `disposition_ranges` WHERE `seq` <> OLD.`seq` AND `lineage` = OLD.`lineage` AND `kind` = OLD.`kind`
  AND `from_ms` <= OLD.`from_ms` AND `to_ms` >= OLD.`to_ms`)
BEGIN SELECT RAISE(ABORT, 'a range is joined into another one before it goes'); END;
--> statement-breakpoint
CREATE TRIGGER `disposition_range_is_never_changed` BEFORE UPDATE ON `disposition_ranges`
BEGIN SELECT RAISE(ABORT, 'what became of a candle is never rewritten'); END;
--> statement-breakpoint
CREATE TRIGGER `file_row_goes_when_it_is_folded` BEFORE DELETE ON `files`
WHEN OLD.`status` <> 'deleted' OR NOT EXISTS (
  SELECT 1 FROM `file_ranges` WHERE `series` = OLD.`exchange` || ':' || OLD.`symbol` || ':' || OLD.`timeframe`
  AND `kind` = OLD.`kind` AND `from_ms` <= OLD.`t_start` AND `to_ms` >= OLD.`t_end`)
BEGIN SELECT RAISE(ABORT, 'the row of a file goes when the file is deleted and a range holds it'); END;
--> statement-breakpoint
CREATE TRIGGER `file_range_only_grows` BEFORE UPDATE ON `file_ranges`
WHEN NEW.`files` < OLD.`files` OR NEW.`bars` < OLD.`bars` OR NEW.`from_ms` > OLD.`from_ms` OR NEW.`to_ms` < OLD.`to_ms`
BEGIN SELECT RAISE(ABORT, 'what was folded only grows'); END;
