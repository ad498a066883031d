CREATE TABLE `corrections` (
	`file_id` text NOT NULL,
	`series` text NOT NULL,
	`open_time_ms` integer NOT NULL,
	`change` text NOT NULL,
	`before` text,
	PRIMARY KEY(`file_id`, `open_time_ms`)
);
--> statement-breakpoint
CREATE INDEX `corrections_by_time` ON `corrections` (`series`,`open_time_ms`);--> statement-breakpoint
CREATE TABLE `suspected_removals` (
	`series` text NOT NULL,
	`open_time_ms` integer NOT NULL,
	`seen_at` integer NOT NULL,
	PRIMARY KEY(`series`, `open_time_ms`)
);
--> statement-breakpoint
ALTER TABLE `gaps` ADD `state` text DEFAULT 'open' NOT NULL;--> statement-breakpoint
ALTER TABLE `gaps` ADD `attempts` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `gaps` ADD `answers` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `gaps` ADD `last_tried_at` integer;--> statement-breakpoint
ALTER TABLE `gaps` ADD `next_retry_at` integer;--> statement-breakpoint
ALTER TABLE `gaps` ADD `filled_at` integer;