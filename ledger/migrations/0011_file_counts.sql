CREATE TABLE `file_count_history` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`downloaded` integer NOT NULL,
	`processing` integer NOT NULL,
	`processed` integer NOT NULL,
	`deleted` integer NOT NULL,
	`quarantined` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `file_count_history_by_time` ON `file_count_history` (`at`);--> statement-breakpoint
CREATE TABLE `file_counts` (
	`id` integer PRIMARY KEY NOT NULL,
	`downloaded` integer NOT NULL,
	`processing` integer NOT NULL,
	`processed` integer NOT NULL,
	`deleted` integer NOT NULL,
	`quarantined` integer NOT NULL,
	CONSTRAINT "file_counts_is_one_row" CHECK("file_counts"."id" = 1)
);
--> statement-breakpoint
INSERT INTO `file_counts`
SELECT 1, count(*) FILTER (WHERE `status` = 'downloaded'), count(*) FILTER (WHERE `status` = 'processing'),
  count(*) FILTER (WHERE `status` = 'processed'), count(*) FILTER (WHERE `status` = 'deleted'),
  count(*) FILTER (WHERE `status` = 'quarantined') FROM `files`;
--> statement-breakpoint
CREATE TRIGGER `file_is_counted` AFTER INSERT ON `files`
BEGIN UPDATE `file_counts` SET
  `downloaded` = `downloaded` + (NEW.`status` = 'downloaded'),
  `processing` = `processing` + (NEW.`status` = 'processing'),
  `processed` = `processed` + (NEW.`status` = 'processed'),
  `deleted` = `deleted` + (NEW.`status` = 'deleted'),
  `quarantined` = `quarantined` + (NEW.`status` = 'quarantined');
END;
--> statement-breakpoint
CREATE TRIGGER `file_is_counted_again` AFTER UPDATE OF `status` ON `files`
WHEN NEW.`status` <> OLD.`status`
BEGIN UPDATE `file_counts` SET
  `downloaded` = `downloaded` + (NEW.`status` = 'downloaded') - (OLD.`status` = 'downloaded'),
  `processing` = `processing` + (NEW.`status` = 'processing') - (OLD.`status` = 'processing'),
  `processed` = `processed` + (NEW.`status` = 'processed') - (OLD.`status` = 'processed'),
  `deleted` = `deleted` + (NEW.`status` = 'deleted') - (OLD.`status` = 'deleted'),
  `quarantined` = `quarantined` + (NEW.`status` = 'quarantined') - (OLD.`status` = 'quarantined');
END;
--> statement-breakpoint
CREATE TRIGGER `file_is_not_counted_any_more` AFTER DELETE ON `files`
BEGIN UPDATE `file_counts` SET
  `downloaded` = `downloaded` - (OLD.`status` = 'downloaded'),
  `processing` = `processing` - (OLD.`status` = 'processing'),
  `processed` = `processed` - (OLD.`status` = 'processed'),
  `deleted` = `deleted` - (OLD.`status` = 'deleted'),
  `quarantined` = `quarantined` - (OLD.`status` = 'quarantined');
END;
--> statement-breakpoint
CREATE TRIGGER `file_count_history_is_bounded` AFTER INSERT ON `file_count_history`
BEGIN DELETE FROM `file_count_history` WHERE `seq` <= NEW.`seq` - 100000; END;
