INSERT INTO accounts (handle, name, password, version, ask_about_adders, allowed_only, properties, last_number, admitted)
	VALUES ('me@msn.local', 'Me', :password, 7, FALSE, TRUE, '{"PHH":"1"}', 3, 'matrix');
INSERT INTO entries (account, handle, number, shown, network, address, kind, name, lists, groups, removed, auto, pending, ring)
	VALUES ('me@msn.local', 'other@msn.local', 1, 'Other@msn.local', 'local', 'other@msn.local', 0, 'Other', 3, '[1]', FALSE, FALSE, 0, 0);
INSERT INTO contact_groups (account, id, name) VALUES ('me@msn.local', 1, 'Friends');
INSERT INTO logins (account, network, keys, secret, position, since)
	VALUES ('me@msn.local', 'matrix', '{"user":"bob"}', :secret, NULL, 1234567890);
INSERT INTO login_state (account, network, key, value) VALUES ('me@msn.local', 'matrix', 'key', :value);
INSERT INTO waiting (account, number, id, chat_network, chat_address, via, from_network, from_address, from_name, body, emote, own, said_at, format, mention, file)
	VALUES ('me@msn.local', 2, 'in', 'matrix', '@bob:example.org', '!room:example.org', 'matrix', '@bob:example.org', 'Bob ☃', 'line
line ''x''; ‮--', TRUE, TRUE, 1234567890123456789, '', FALSE, NULL);
INSERT INTO outgoing (account, number, id, chat_network, chat_address, via, from_network, from_address, from_name, body, emote, own, said_at, format, mention)
	VALUES ('me@msn.local', 3, 'out', 'matrix', '@bob:example.org', '!room:example.org', 'matrix', '@bob:example.org', 'Bob ☃', 'line
line ''x''; ‮--', TRUE, TRUE, 1234567890123456789, '', FALSE);
INSERT INTO vias (account, network, address, via) VALUES ('me@msn.local', 'matrix', '@bob:example.org', '!room:example.org');
INSERT INTO aliases (handle, network, address) VALUES ('u1@x.msn.local', 'matrix', '!r');
