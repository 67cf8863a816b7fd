#!/bin/sh
# Run once by the postgres image, when its data folder is new: Keystone's role and database.
# Ours are made by the `migrate` command of each service.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$KEYSTONE_DATABASE_PASSWORD" -U postgres <<'SQL'
CREATE ROLE keystone LOGIN PASSWORD :'password';
CREATE DATABASE keystone OWNER keystone;
SQL
