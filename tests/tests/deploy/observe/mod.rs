//! What watches a broker: the rules and the dashboard, used by a real Prometheus.

mod alerts;
mod dashboard;
mod grafana;
mod prometheus;
mod runbook;
