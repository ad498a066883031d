CREATE TABLE `alert_conditions` (
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`severity` text NOT NULL,
	`message` text NOT NULL,
	`since` integer NOT NULL,
	`seen_at` integer NOT NULL,
	`clear_since` integer,
	PRIMARY KEY(`kind`, `subject`)
);
--> statement-breakpoint
CREATE TABLE `alerts` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`alert_id` text NOT NULL,
	`kind` text NOT NULL,
	`severity` text NOT NULL,
	`status` text NOT NULL,
	`subject` text NOT NULL,
	`message` text NOT NULL,
	`detail` text,
	`count` integer DEFAULT 1 NOT NULL,
	`workflow_id` text,
	`run_id` text,
	`created_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer NOT NULL,
	`last_error` text,
	`settled_at` integer,
	`outcome` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_alert_id_unique` ON `alerts` (`alert_id`);--> statement-breakpoint
CREATE INDEX `alerts_waiting` ON `alerts` (`settled_at`,`next_attempt_at`);--> statement-breakpoint
CREATE INDEX `alerts_by_kind` ON `alerts` (`kind`,`subject`,`created_at`);--> statement-breakpoint
CREATE TABLE `claim_attempts` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` text NOT NULL,
	`workflow_id` text NOT NULL,
	`claimed_files` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `claim_attempts_run_id_unique` ON `claim_attempts` (`run_id`);--> statement-breakpoint
CREATE TABLE `promotion_looks` (
	`promotion_fence` integer NOT NULL,
	`series` text NOT NULL,
	`look` integer NOT NULL,
	`candles` integer NOT NULL,
	`difference` real NOT NULL,
	`upper` real NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`promotion_fence`, `series`, `look`),
	FOREIGN KEY (`promotion_fence`) REFERENCES `promotions`(`fence`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `readings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` real NOT NULL,
	`detail` text,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `training_kills` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`cause` text NOT NULL,
	`actor` text NOT NULL,
	`reason` text NOT NULL,
	`pinned_version_id` text,
	`at` integer NOT NULL,
	`resumed_at` integer,
	`resumed_by` text,
	`resume_reason` text,
	FOREIGN KEY (`pinned_version_id`) REFERENCES `versions`(`version_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `training_kills_cause_unique` ON `training_kills` (`cause`);--> statement-breakpoint
CREATE UNIQUE INDEX `training_killed_once` ON `training_kills` ((resumed_at is null)) WHERE resumed_at is null;
--> statement-breakpoint
-- Rules that hold whatever the code above does.
CREATE TRIGGER `nothing_is_claimed_while_killed` BEFORE INSERT ON `claims`
WHEN EXISTS (SELECT 1 FROM `training_kills` WHERE `resumed_at` IS NULL)
BEGIN SELECT RAISE(ABORT, 'never claimed for training while the training loop is killed'); END;
--> statement-breakpoint
CREATE TRIGGER `nothing_is_promoted_while_killed` BEFORE INSERT ON `promotions`
WHEN NEW.`kind` = 'promote' AND EXISTS (SELECT 1 FROM `training_kills` WHERE `resumed_at` IS NULL)
BEGIN SELECT RAISE(ABORT, 'never promoted while the training loop is killed'); END;
--> statement-breakpoint
CREATE TRIGGER `kill_is_never_deleted` BEFORE DELETE ON `training_kills`
BEGIN SELECT RAISE(ABORT, 'a kill is resumed, never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `resumed_kill_is_never_changed` BEFORE UPDATE ON `training_kills`
WHEN OLD.`resumed_at` IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a kill that was resumed is never changed'); END;
