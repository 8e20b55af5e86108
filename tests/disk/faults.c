/* A disk that fails on demand, and tells what it was asked to keep: put between a process and its libc by LD_PRELOAD.
 *
 * FAULTS_FOLDER is the folder whose files are meant, FAULTS_CONTROL a file of one struct control,
 * FAULTS_LOG (if set) is where every change of the folder is recorded, in the order in which they took effect.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Kinds of calls; tests/promises/disk.rs has the same numbers. */
enum { WRITE = 1, SYNC = 2, OPEN = 4, OPEN_TO_WRITE = 8, NAME = 16 };

struct control {
	_Atomic uint32_t kinds;   /* those that fail */
	_Atomic int32_t error;    /* the errno that they fail with */
	_Atomic int64_t passing;  /* how many of them still succeed */
	_Atomic uint64_t failed;  /* how many have failed */
	_Atomic uint64_t changes; /* how many changes are recorded */
};

#define MAX_DESCRIPTORS 65536
static char *paths[MAX_DESCRIPTORS]; /* of the descriptors that are open in the folder */
static const char *folder;
static struct control *control;
static int record = -1;
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv("FAULTS_CONTROL"), *log = getenv("FAULTS_LOG");
	folder = getenv("FAULTS_FOLDER");
	int opened = REAL(open)(file, O_RDWR | O_CLOEXEC);
	control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
	if (!folder || control == MAP_FAILED) {
		perror("faults: no control");
		_exit(125);
	}
	REAL(close)(opened);
	if (log)
		record = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int in_folder(const char *path)
{
	size_t length = strlen(folder);
	return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static const char *path_of(int descriptor)
{
	return descriptor >= 0 && descriptor < MAX_DESCRIPTORS ? paths[descriptor] : NULL;
}

static int fails(int kind)
{
	if (!(control->kinds & kind) || atomic_fetch_sub(&control->passing, 1) > 0)
		return 0;
	control->failed++;
	errno = control->error;
	return 1;
}

/* What: one letter. A change of bytes names its file by the inode, a change of names by paths. */
static void tell(char what, uint64_t inode, uint64_t offset, const void *bytes, uint64_t length)
{
	if (record < 0)
		return;
	struct { uint64_t what, inode, offset, length; } head = { what, inode, offset, length };
	ssize_t (*put)(int, const void *, size_t) = REAL(write);
	if (put(record, &head, sizeof head) != sizeof head || put(record, bytes, length) != (ssize_t)length)
		_exit(125);
	control->changes++;
}

static uint64_t inode_of(int descriptor)
{
	struct stat found;
	return fstat(descriptor, &found) == 0 ? found.st_ino : 0;
}

static int opening(int (*call)(const char *, int, ...), const char *path, int flags, mode_t mode)
{
	int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
	if (!in_folder(path))
		return call(path, flags, mode);
	if (fails(OPEN) || (writes && fails(OPEN_TO_WRITE)))
		return -1;
	pthread_mutex_lock(&lock);
	int is_new = access(path, F_OK) != 0;
	int descriptor = call(path, flags, mode), error = errno;
	if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS) {
		free(paths[descriptor]);
		paths[descriptor] = strdup(path);
		if (is_new)
			tell('c', inode_of(descriptor), 0, path, strlen(path));
		else if (flags & O_TRUNC)
			tell('t', inode_of(descriptor), 0, "", 0);
	}
	pthread_mutex_unlock(&lock);
	errno = error;
	return descriptor;
}

static mode_t mode_of(int flags, va_list rest)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPENING(name)                                        \
	int name(const char *path, int flags, ...)           \
	{                                                    \
		va_list rest;                                \
		va_start(rest, flags);                       \
		mode_t mode = mode_of(flags, rest);          \
		va_end(rest);                                \
		return opening(REAL(name), path, flags, mode); \
	}
OPENING(open)
OPENING(open64)

int close(int descriptor)
{
	pthread_mutex_lock(&lock);
	if (path_of(descriptor)) {
		free(paths[descriptor]);
		paths[descriptor] = NULL;
	}
	pthread_mutex_unlock(&lock);
	return REAL(close)(descriptor);
}

static void written(int descriptor, off_t offset, const void *bytes, ssize_t length)
{
	if (length > 0)
		tell('w', inode_of(descriptor), offset, bytes, length);
}

ssize_t write(int descriptor, const void *bytes, size_t length)
{
	if (!path_of(descriptor))
		return REAL(write)(descriptor, bytes, length);
	if (fails(WRITE))
		return -1;
	pthread_mutex_lock(&lock);
	off_t offset = lseek(descriptor, 0, SEEK_CUR);
	ssize_t done = REAL(write)(descriptor, bytes, length);
	written(descriptor, offset, bytes, done);
	pthread_mutex_unlock(&lock);
	return done;
}

#define WRITING_AT(name, offset_type)                                                    \
	ssize_t name(int descriptor, const void *bytes, size_t length, offset_type offset) \
	{                                                                                \
		if (!path_of(descriptor))                                                \
			return REAL(name)(descriptor, bytes, length, offset);            \
		if (fails(WRITE))                                                        \
			return -1;                                                       \
		pthread_mutex_lock(&lock);                                               \
		ssize_t done = REAL(name)(descriptor, bytes, length, offset);            \
		written(descriptor, offset, bytes, done);                                \
		pthread_mutex_unlock(&lock);                                             \
		return done;                                                             \
	}
WRITING_AT(pwrite, off_t)
WRITING_AT(pwrite64, off64_t)

#define CUTTING(name, offset_type)                                            \
	int name(int descriptor, offset_type length)                          \
	{                                                                     \
		if (!path_of(descriptor))                                     \
			return REAL(name)(descriptor, length);                \
		if (fails(WRITE))                                             \
			return -1;                                            \
		pthread_mutex_lock(&lock);                                    \
		int done = REAL(name)(descriptor, length);                    \
		if (done == 0)                                                \
			tell('t', inode_of(descriptor), length, "", 0);       \
		pthread_mutex_unlock(&lock);                                  \
		return done;                                                  \
	}
CUTTING(ftruncate, off_t)
CUTTING(ftruncate64, off64_t)

#define SYNCING(name)                                                                    \
	int name(int descriptor)                                                         \
	{                                                                                \
		const char *path = path_of(descriptor);                                  \
		if (!path)                                                               \
			return REAL(name)(descriptor);                                   \
		if (fails(SYNC))                                                         \
			return -1;                                                       \
		pthread_mutex_lock(&lock);                                               \
		int done = REAL(name)(descriptor);                                       \
		if (done == 0)                                                           \
			tell('s', inode_of(descriptor), 0, path, strlen(path));          \
		pthread_mutex_unlock(&lock);                                             \
		return done;                                                             \
	}
SYNCING(fsync)
SYNCING(fdatasync)

/* Two paths are told with a line's end between them. */
int rename(const char *from, const char *to)
{
	if (!in_folder(from))
		return REAL(rename)(from, to);
	if (fails(NAME))
		return -1;
	pthread_mutex_lock(&lock);
	int done = REAL(rename)(from, to);
	char both[2 * 4096];
	int length = snprintf(both, sizeof both, "%s\n%s", from, to);
	if (done == 0)
		tell('r', 0, 0, both, length);
	pthread_mutex_unlock(&lock);
	return done;
}

#define NAMING(name, letter, parameters, arguments)                 \
	int name parameters                                         \
	{                                                           \
		if (!in_folder(path))                               \
			return REAL(name) arguments;                \
		if (fails(NAME))                                    \
			return -1;                                  \
		pthread_mutex_lock(&lock);                          \
		int done = REAL(name) arguments;                    \
		if (done == 0)                                      \
			tell(letter, 0, 0, path, strlen(path));     \
		pthread_mutex_unlock(&lock);                        \
		return done;                                        \
	}
NAMING(unlink, 'u', (const char *path), (path))
NAMING(mkdir, 'm', (const char *path, mode_t mode), (path, mode))
