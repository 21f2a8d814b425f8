-- `khalifa backup` restores each backup on trial, into a database of this name.
GRANT ALL ON `khalifa\_trial\_%`.* TO 'khalifa'@'%';
