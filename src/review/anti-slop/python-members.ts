/** The words of a text. */
export const all = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** What modules of Python offer, of its versions in use and on any system; names in capitals alone are not listed. */
export const PYTHON_MEMBERS: Readonly<Record<string, ReadonlySet<string>>> = {
  os: all(
    'DirEntry GenericAlias Mapping MutableMapping PathLike abc abort access add_dll_directory altsep chdir chflags chmod chown chroot close closerange confstr confstr_names copy_file_range cpu_count ctermid curdir defpath device_encoding devnull dup dup2 environ environb errno error eventfd eventfd_read eventfd_write execl execle execlp execlpe execv execve execvp execvpe extsep fchdir fchmod fchown fdatasync fdopen fork forkpty fpathconf fsdecode fsencode fspath fstat fstatvfs fsync ftruncate fwalk get_blocking get_exec_path get_inheritable get_terminal_size getcwd getcwdb getcwdu getegid getenv getenvb geteuid getgid getgrouplist getgroups getloadavg getlogin getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid getsid getuid getxattr grantpt initgroups isatty kill killpg lchflags lchmod lchown linesep link listdir listdrives listmounts listvolumes listxattr lockf login_tty lseek lstat major makedev makedirs memfd_create minor mkdir mkfifo mknod name nice open openpty pardir path pathconf pathconf_names pathsep pidfd_open pipe pipe2 plock popen popen2 popen3 posix_fadvise posix_fallocate posix_openpt posix_spawn posix_spawnp pread preadv process_cpu_count ptsname putenv pwrite pwritev read readinto readlink readv register_at_fork reload_environ remove removedirs removexattr rename renames replace rmdir scandir sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getparam sched_getscheduler sched_param sched_rr_get_interval sched_setaffinity sched_setparam sched_setscheduler sched_yield sendfile sep set_blocking set_inheritable setegid seteuid setgid setgroups setns setpgid setpgrp setpriority setregid setresgid setresuid setreuid setsid setuid setxattr spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe splice st startfile stat stat_float_times stat_result statvfs statvfs_result strerror supports_bytes_environ supports_dir_fd supports_effective_ids supports_fd supports_follow_symlinks symlink sync sys sysconf sysconf_names system tcgetpgrp tcsetpgrp tempnam terminal_size timerfd_create timerfd_gettime timerfd_gettime_ns timerfd_settime timerfd_settime_ns times times_result tmpnam truncate ttyname umask uname uname_result unlink unlockpt unsetenv unshare urandom utime wait wait3 wait4 waitid waitid_result waitpid waitstatus_to_exitcode walk write writev',
  ),
  'os.path': all(
    'abspath altsep basename commonpath commonprefix curdir defpath devnull dirname exists expanduser expandvars extsep genericpath getatime getctime getmtime getsize isabs isdevdrive isdir isfile isjunction islink ismount isreserved join lexists normcase normpath os pardir pathsep realpath relpath samefile sameopenfile samestat sep split splitdrive splitext splitroot splitunc stat supports_unicode_filenames sys walk',
  ),
  datetime: all('date datetime datetime_CAPI sys time timedelta timezone tzinfo'),
  collections: all(
    'AsyncGenerator AsyncIterable AsyncIterator Awaitable ByteString Callable ChainMap Collection Container Coroutine Counter Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping MutableSequence MutableSet OrderedDict Reversible Sequence Set Sized UserDict UserList UserString ValuesView abc defaultdict deque namedtuple',
  ),
  functools: all(
    'GenericAlias MappingProxyType Placeholder RLock WeakKeyDictionary cache cached_property cmp_to_key get_cache_token lru_cache namedtuple partial partialmethod recursive_repr reduce singledispatch singledispatchmethod total_ordering update_wrapper wraps',
  ),
  string: all(
    'Formatter Template ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits join letters lower lowercase maketrans octdigits printable punctuation replace split templatelib upper uppercase whitespace',
  ),
  base64: all(
    'a85decode a85encode b16decode b16encode b32decode b32encode b32hexdecode b32hexencode b64decode b64encode b85decode b85encode binascii bytes_types decode decodebytes decodestring encode encodebytes encodestring main re standard_b64decode standard_b64encode struct test urlsafe_b64decode urlsafe_b64encode z85decode z85encode',
  ),
  secrets: all(
    'SystemRandom base64 binascii choice compare_digest os randbelow randbits token_bytes token_hex token_urlsafe',
  ),
  uuid: all(
    'Enum SafeUUID bytes_ ctypes getnode int_ lib libname main os platform sys uuid1 uuid3 uuid4 uuid5 uuid6 uuid7 uuid8',
  ),
  subprocess: all(
    'CalledProcessError CompletedProcess Popen STARTUPINFO SubprocessError TimeoutExpired builtins call check_call check_output contextlib errno fcntl getoutput getstatusoutput grp io list2cmdline locale os pwd run select selectors signal sys threading time types warnings',
  ),
  logging: all(
    'BufferingFormatter FileHandler Filter Filterer Formatter GenericAlias Handler LogRecord Logger LoggerAdapter Manager NullHandler PercentStyle PlaceHolder RootLogger StrFormatStyle StreamHandler StringTemplateStyle Template addLevelName atexit basicConfig captureWarnings collections config critical currentframe debug disable error exception fatal getHandlerByName getHandlerNames getLevelName getLevelNamesMapping getLogRecordFactory getLogger getLoggerClass handlers info io lastResort log logAsyncioTasks logMultiprocessing logProcesses logThreads makeLogRecord os raiseExceptions re root setLogRecordFactory setLoggerClass shutdown sys threading time traceback warn warning warnings weakref',
  ),
  'urllib.parse': all(
    'DefragResult DefragResultBytes ParseResult ParseResultBytes Quoter ResultBase SplitResult SplitResultBytes clear_cache collections functools ipaddress math namedtuple non_hierarchical parse_qs parse_qsl quote quote_from_bytes quote_plus re scheme_chars splitattr splithost splitnport splitpasswd splitport splitquery splittag splittype splituser splitvalue sys to_bytes types unquote unquote_plus unquote_to_bytes unwrap urldefrag urlencode urljoin urlparse urlsplit urlunparse urlunsplit uses_fragment uses_netloc uses_params uses_query uses_relative warnings',
  ),
  copy: all('Error copy deepcopy dispatch_table error replace'),
  operator: all(
    'abs add and_ attrgetter call concat contains countOf delitem div eq floordiv ge getitem gt iadd iand iconcat ifloordiv ilshift imatmul imod imul index indexOf inv invert ior ipow irshift isCallable is_ is_none is_not is_not_none isub itemgetter itruediv ixor le length_hint lshift lt matmul methodcaller mod mul ne neg not_ or_ pos pow rshift sequenceIncludes setitem sub truediv truth xor',
  ),
  statistics: all(
    'Counter Decimal Fraction LinearRegression NormalDist StatisticsError acos asin atan bisect_left bisect_right chain collections correlation cos cosh count covariance decimal defaultdict erf exp fabs fmean fsum geometric_mean groupby harmonic_mean hypot isfinite isinf itemgetter kde kde_random linear_regression log math mean median median_grouped median_high median_low mode mul multimode namedtuple numbers pi pstdev pvariance quantiles random reduce repeat sin sqrt stdev sumprod sys tan tau variance',
  ),
  textwrap: all('TextWrapper dedent fill indent re shorten wrap'),
  tempfile: all(
    'NamedTemporaryFile SpooledTemporaryFile TemporaryDirectory TemporaryFile gettempdir gettempdirb gettempprefix gettempprefixb mkdtemp mkstemp mktemp tempdir template',
  ),
  glob: all(
    'contextlib escape fnmatch functools glob glob0 glob1 has_magic iglob itertools magic_check magic_check_bytes operator os re stat sys translate',
  ),
  csv: all(
    'Dialect DictReader DictWriter Error OrderedDict Sniffer StringIO excel excel_tab field_size_limit get_dialect list_dialects re reader register_dialect types unix_dialect unregister_dialect writer',
  ),
  hmac: all('compare_digest digest digest_size new trans_36 trans_5C'),
  contextlib: all(
    'AbstractAsyncContextManager AbstractContextManager AsyncContextDecorator AsyncExitStack ContextDecorator ExitStack GenericAlias MethodType abc aclosing asynccontextmanager chdir closing contextmanager deque nested nullcontext os redirect_stderr redirect_stdout suppress sys wraps',
  ),
  html: all('entities escape parser unescape'),
  platform: all(
    'AndroidVer IOSVersionInfo android_ver architecture collections dist freedesktop_os_release functools ios_ver itertools java_ver libc_ver linux_distribution mac_ver machine node os platform popen processor python_branch python_build python_compiler python_implementation python_revision python_version python_version_tuple re release subprocess sys system system_alias uname uname_result version warnings win32_edition win32_is_iot win32_ver',
  ),
  threading: all(
    'Barrier BoundedSemaphore BrokenBarrierError Condition Event ExceptHookArgs Lock RLock Semaphore Thread ThreadError Timer WeakSet activeCount active_count currentThread current_thread enumerate excepthook functools get_ident get_native_id getprofile gettrace local main_thread setprofile setprofile_all_threads settrace settrace_all_threads stack_size warnings',
  ),
  pathlib: all(
    'Path PosixPath PurePath PurePosixPath PureWindowsPath Sequence UnsupportedOperation WindowsPath attrgetter contextmanager fnmatch functools io nt ntpath os posixpath re supports_symlinks sys types urlquote_from_bytes warnings',
  ),
  heapq: all(
    'heapify heapify_max heappop heappop_max heappush heappush_max heappushpop heappushpop_max heapreplace heapreplace_max merge nlargest nsmallest',
  ),
  bisect: all('bisect bisect_left bisect_right insort insort_left insort_right'),
  asyncio: all(
    'AbstractChildWatcher AbstractEventLoop AbstractEventLoopPolicy AbstractServer Barrier BaseEventLoop BaseProtocol BaseTransport BoundedSemaphore BrokenBarrierError BufferedProtocol CancelledError Condition DatagramProtocol DatagramTransport DefaultEventLoopPolicy Event EventLoop FastChildWatcher Future Handle IncompleteReadError InvalidStateError IocpProactor LifoQueue LimitOverrunError Lock MultiLoopChildWatcher PidfdChildWatcher PriorityQueue ProactorEventLoop Protocol Queue QueueEmpty QueueFull QueueShutDown ReadTransport Runner SafeChildWatcher SelectorEventLoop Semaphore SendfileNotAvailableError Server StreamReader StreamReaderProtocol StreamWriter SubprocessProtocol SubprocessTransport Task TaskGroup ThreadedChildWatcher Timeout TimeoutError TimerHandle Transport WindowsProactorEventLoopPolicy WindowsSelectorEventLoopPolicy WriteTransport all_tasks as_completed async base_events base_futures base_subprocess base_tasks capture_call_graph compat constants coroutine coroutines create_eager_task_factory create_subprocess_exec create_subprocess_shell create_task current_task eager_task_factory ensure_future events exceptions format_call_graph format_helpers futures gather get_child_watcher get_event_loop get_event_loop_policy get_running_loop graph iscoroutine iscoroutinefunction isfuture locks log mixins new_event_loop open_connection open_unix_connection print_call_graph protocols queues run run_coroutine_threadsafe runners selector_events selectors set_child_watcher set_event_loop set_event_loop_policy shield sleep sslproto staggered start_server start_unix_server streams subprocess sys taskgroups tasks threads timeout timeout_at timeouts to_thread transports trsock unix_events wait wait_for wrap_future',
  ),
};

/** What two of its classes can do that models like to add to. */
export const PYTHON_CLASSES: Readonly<Record<string, ReadonlySet<string>>> = {
  datetime: all(
    'astimezone combine ctime date day dst fold fromisocalendar fromisoformat fromordinal fromtimestamp hour isocalendar isoformat isoweekday max microsecond min minute month now replace resolution second strftime strptime time timestamp timetuple timetz today toordinal tzinfo tzname utcfromtimestamp utcnow utcoffset utctimetuple weekday year',
  ),
  date: all(
    'ctime day fromisocalendar fromisoformat fromordinal fromtimestamp isocalendar isoformat isoweekday max min month replace resolution strftime strptime timetuple today toordinal weekday year',
  ),
  Path: all(
    'absolute anchor as_posix as_uri chmod copy copy_into cwd drive exists expanduser from_uri full_match glob group hardlink_to home info is_absolute is_block_device is_char_device is_dir is_fifo is_file is_junction is_mount is_relative_to is_reserved is_socket is_symlink iterdir joinpath lchmod link_to lstat match mkdir move move_into name open owner parent parents parser parts read_bytes read_text readlink relative_to rename replace resolve rglob rmdir root samefile stat stem suffix suffixes symlink_to touch unlink walk with_name with_segments with_stem with_suffix write_bytes write_text',
  ),
};
