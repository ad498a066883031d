CREATE TABLE `arms` (
	`id` integer PRIMARY KEY NOT NULL,
	`scope_id` integer NOT NULL,
	`preset_id` text NOT NULL,
	`params` text NOT NULL,
	`source` text NOT NULL,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`replaced_at` integer,
	FOREIGN KEY (`scope_id`) REFERENCES `scopes`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `arms_active` ON `arms` (`scope_id`,`preset_id`) WHERE state = 'active';--> statement-breakpoint
CREATE INDEX `arms_preset` ON `arms` (`scope_id`,`preset_id`);--> statement-breakpoint
CREATE TABLE `decisions` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`decision_id` text NOT NULL,
	`scope_id` integer NOT NULL,
	`arm_id` integer NOT NULL,
	`policy_id` integer NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`features` text NOT NULL,
	`features_missing` text NOT NULL,
	`features_ignored` text NOT NULL,
	`asked_hash` text NOT NULL,
	`propensities` text NOT NULL,
	`propensity` real NOT NULL,
	`seed` real NOT NULL,
	`learned_count` integer NOT NULL,
	`model_version` text,
	`position_id` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`scope_id`) REFERENCES `scopes`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`arm_id`) REFERENCES `arms`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`policy_id`) REFERENCES `policies`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `decisions_decision_id_unique` ON `decisions` (`decision_id`);--> statement-breakpoint
CREATE INDEX `decisions_asked` ON `decisions` (`scope_id`,`asked_hash`,`seq`);--> statement-breakpoint
CREATE INDEX `decisions_arm` ON `decisions` (`arm_id`,`seq`);--> statement-breakpoint
CREATE INDEX `decisions_scope` ON `decisions` (`scope_id`,`seq`);--> statement-breakpoint
CREATE TABLE `meta` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `outcomes` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`idempotency_key` text,
	`payload_hash` text NOT NULL,
	`scope_id` integer NOT NULL,
	`arm_id` integer NOT NULL,
	`decision_seq` integer,
	`attribution` text NOT NULL,
	`raw_reward` real NOT NULL,
	`reward_scale` real NOT NULL,
	`reward` real NOT NULL,
	`features` text NOT NULL,
	`learned_seq` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`scope_id`) REFERENCES `scopes`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`arm_id`) REFERENCES `arms`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`decision_seq`) REFERENCES `decisions`(`seq`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `outcomes_idempotency_key_unique` ON `outcomes` (`idempotency_key`);--> statement-breakpoint
CREATE INDEX `outcomes_scope` ON `outcomes` (`scope_id`,`seq`);--> statement-breakpoint
CREATE INDEX `outcomes_learned` ON `outcomes` (`scope_id`,`learned_seq`);--> statement-breakpoint
CREATE TABLE `policies` (
	`id` integer PRIMARY KEY NOT NULL,
	`scope_id` integer NOT NULL,
	`version` integer NOT NULL,
	`settings` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`scope_id`) REFERENCES `scopes`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `policies_settings` ON `policies` (`scope_id`,`settings`);--> statement-breakpoint
CREATE TABLE `positions` (
	`scope_id` integer NOT NULL,
	`position_id` text NOT NULL,
	`decision_seq` integer NOT NULL,
	`opened_at` integer NOT NULL,
	`closed_at` integer,
	PRIMARY KEY(`scope_id`, `position_id`),
	FOREIGN KEY (`scope_id`) REFERENCES `scopes`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`decision_seq`) REFERENCES `decisions`(`seq`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `posteriors` (
	`arm_id` integer PRIMARY KEY NOT NULL,
	`gram` blob NOT NULL,
	`moment` blob NOT NULL,
	`last_seq` integer NOT NULL,
	`outcomes` integer NOT NULL,
	`reward_sum` real NOT NULL,
	FOREIGN KEY (`arm_id`) REFERENCES `arms`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `scopes` (
	`id` integer PRIMARY KEY NOT NULL,
	`strategy` text NOT NULL,
	`instrument` text NOT NULL,
	`feature_set` text NOT NULL,
	`learned_count` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `scopes_name` ON `scopes` (`strategy`,`instrument`);