CREATE TABLE `archive_months` (
	`series` text NOT NULL,
	`month` text NOT NULL,
	`sha256` text,
	`next_sha256` text,
	PRIMARY KEY(`series`, `month`)
);
