//! Who may ask. The rights are PostgreSQL's own: EXECUTE on `ask()` and its companions is revoked from PUBLIC, and
//! `insightflow.enroll(role)` and `insightflow.withdraw(role)` grant and revoke it. Both are written in SQL
//! (sql/insightflow--*.sql), because all they do is GRANT and REVOKE.
