CREATE TABLE `schedule_looks` (
	`schedule` text PRIMARY KEY NOT NULL,
	`skipped` integer NOT NULL,
	`last_run_at` integer,
	`looked_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `starts` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`settings` text NOT NULL,
	`changes` text NOT NULL
);
