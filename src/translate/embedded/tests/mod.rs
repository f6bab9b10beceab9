//! Questions and the SQL that they must give, without a server.
