#!/bin/sh
# Runs once, when the database server is set up: the owner of the tables, and the role that the application runs as.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    --set=owner_password="$CRM_OWNER_PASSWORD" --set=app_password="$CRM_APP_PASSWORD" <<'SQL'
CREATE ROLE crm_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE crm_app LOGIN PASSWORD :'app_password';
CREATE DATABASE crm OWNER crm_owner;
SQL
