CREATE TABLE `audit` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`target` text NOT NULL,
	`reason` text NOT NULL,
	`until` integer,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `equities` (
	`target` text PRIMARY KEY NOT NULL,
	`currency` text NOT NULL,
	`equity` real NOT NULL,
	`peak` real NOT NULL,
	`peak_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `evaluation_windows` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`scope_id` integer NOT NULL,
	`epsilon` real NOT NULL,
	`from` integer NOT NULL,
	`until` integer NOT NULL,
	`actor` text NOT NULL,
	FOREIGN KEY (`scope_id`) REFERENCES `scopes`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `evaluation_windows_scope` ON `evaluation_windows` (`scope_id`,`until`);--> statement-breakpoint
CREATE TABLE `locks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`target` text NOT NULL,
	`protection` text NOT NULL,
	`reason` text NOT NULL,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL,
	`until` integer,
	`lifted_at` integer,
	`lifted_by` text
);
--> statement-breakpoint
CREATE INDEX `locks_open` ON `locks` (`target`) WHERE lifted_at is null;--> statement-breakpoint
CREATE TABLE `servings` (
	`scope_id` integer PRIMARY KEY NOT NULL,
	`arm_id` integer NOT NULL,
	`since` integer NOT NULL,
	`day` text NOT NULL,
	`changes` integer NOT NULL,
	FOREIGN KEY (`scope_id`) REFERENCES `scopes`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`arm_id`) REFERENCES `arms`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `strategy_days` (
	`strategy` text PRIMARY KEY NOT NULL,
	`day` text NOT NULL,
	`changes` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `trading_states` (
	`target` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`actor` text NOT NULL,
	`since` integer NOT NULL
);
--> statement-breakpoint
DROP INDEX `decisions_asked`;--> statement-breakpoint
DROP INDEX `decisions_arm_asked`;--> statement-breakpoint
ALTER TABLE `decisions` ADD `proposed_arm_id` integer REFERENCES arms(id);--> statement-breakpoint
ALTER TABLE `decisions` ADD `forced_by` text;--> statement-breakpoint
ALTER TABLE `decisions` ADD `trading_state` text DEFAULT 'ACTIVE' NOT NULL;--> statement-breakpoint
ALTER TABLE `decisions` ADD `epsilon` real DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `decisions` ADD `request_key` text;--> statement-breakpoint
ALTER TABLE `decisions` ADD `odds` text;--> statement-breakpoint
CREATE UNIQUE INDEX `decisions_request` ON `decisions` (`request_key`) WHERE request_key is not null;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `reverses` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `outcomes_reverses_unique` ON `outcomes` (`reverses`);--> statement-breakpoint
ALTER TABLE `scopes` ADD `learning` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `scopes` ADD `evidence` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `scopes` ADD `pinned_preset` text;