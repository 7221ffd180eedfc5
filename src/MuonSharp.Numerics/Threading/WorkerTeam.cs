using System.Runtime.CompilerServices;

namespace MuonSharp.Numerics;

/// <summary>Threads that share the tasks of one job at a time: a fork and a join of about a microsecond.</summary>
/// <remarks>
/// <para>The caller is worker 0 and works too. Tasks are divided into one share for each worker, in order, so that in job after job the same rows meet the
/// same core and its caches; who has finished takes what others have left. Which worker runs which task is left to chance while what a task does is not. The
/// caller waits for tasks, never for a worker that came too late to take one. Idle workers spin for a short while, then sleep until the next job.</para>
/// <para>A team serves one caller at a time; two trainers in one process have a team each. A job must not start another job on the same team.</para>
/// </remarks>
public sealed unsafe class WorkerTeam : IDisposable
{
    /// <summary>Spins before an idle worker goes to sleep; some 80 microseconds, longer than the gap between two jobs of a step.</summary>
    private const int SpinsBeforeSleep = 1600;

    /// <summary>Looks at the count of done tasks before the caller offers its core to others; some 10 microseconds, longer than most last tasks take.</summary>
    private const int SpinsBeforeYield = 400;

    private readonly Thread[] _threads;
    private readonly SemaphoreSlim[] _wake;
    private readonly long[] _tasksOf;
    private readonly int[] _asleep;

    private delegate*<void*, int, int, void> _run;
    private void* _job;
    private int _tasks;
    private readonly long[] _unclaimed;
    private PaddedCounter _done;
    private PaddedCounter _generation;
    private int _busy;
    private NativeBuffer? _scratch;
    private volatile bool _stopping;
    private Exception? _failure;

    /// <summary>Starts a team.</summary>
    /// <param name="threads">Number of workers, the caller included; 0 takes one per available core.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or above 1024.</exception>
    public WorkerTeam(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        _tasksOf = new long[Threads * PaddedCounter.Stride];
        _unclaimed = new long[(Threads + 1) * PaddedCounter.Stride];
        _threads = new Thread[Threads - 1];
        _wake = new SemaphoreSlim[Threads - 1];
        _asleep = new int[Threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _wake[i] = new SemaphoreSlim(0);
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"MuonSharp worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of workers, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Number of jobs that were shared among workers so far.</summary>
    public long Forks { get; private set; }

    /// <summary>Number of tasks that a worker ran so far: tests show with it that several really worked.</summary>
    /// <param name="worker">Number of the worker, 0 to <see cref="Threads"/> - 1.</param>
    /// <returns>The number of tasks.</returns>
    public long TasksOf(int worker) => Volatile.Read(ref _tasksOf[worker * PaddedCounter.Stride]);

    /// <summary>Runs all tasks of a job and returns when the last one is done.</summary>
    /// <typeparam name="TJob">The job's type; a struct, so that nothing is allocated and calls are direct.</typeparam>
    /// <param name="tasks">Number of tasks; it must follow from the shapes of the data alone.</param>
    /// <param name="job">The job; shared by all workers by reference.</param>
    /// <exception cref="InvalidOperationException">The team is already running a job.</exception>
    /// <exception cref="AggregateException">A task threw; the message is that of the first. Where the caller runs all tasks by itself, what it threw comes as it is.</exception>
    /// <exception cref="ObjectDisposedException">The team was disposed.</exception>
    public void Run<TJob>(int tasks, ref TJob job)
        where TJob : struct, ITeamJob
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        if (tasks <= 0)
        {
            return;
        }

        if (Threads == 1 || tasks == 1)
        {
            for (int task = 0; task < tasks; task++)
            {
                job.Run(task, 0);
            }

            _tasksOf[0] += tasks;
            return;
        }

        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("[team] one job at a time; a job started another on its own team, or two threads share a team");
        }

        // A copy on this stack stays where it is; what the caller refers to may be a field that the garbage collector moves.
        TJob shared = job;
        _run = &Invoke<TJob>;
        _job = Unsafe.AsPointer(ref shared);
        _tasks = tasks;
        Volatile.Write(ref _done.Value, 0);

        // From here on a claim is valid: a worker that claims a task keeps the job alive until that task is done.
        for (int share = 0; share < Threads; share++)
        {
            Interlocked.Exchange(ref Unclaimed(share), FirstOf(share + 1, tasks) - FirstOf(share, tasks));
        }

        Interlocked.Increment(ref _generation.Value);
        Forks++;
        for (int i = 0; i < _threads.Length; i++)
        {
            if (Interlocked.CompareExchange(ref _asleep[i], 0, 1) == 1)
            {
                _wake[i].Release();
            }
        }

        TakeTasks(0);
        AwaitDone(tasks);
        _job = null;
        job = shared;
        Volatile.Write(ref _busy, 0);
        if (Volatile.Read(ref _failure) is { } failure)
        {
            _failure = null;
            throw new AggregateException(failure.Message, failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        Interlocked.Increment(ref _generation.Value);
        for (int i = 0; i < _threads.Length; i++)
        {
            _wake[i].Release();
            _threads[i].Join();
            _wake[i].Dispose();
        }

        _scratch?.Dispose();
    }

    /// <summary>Working memory of the caller of <see cref="Run"/> that all workers see; contents are undefined.</summary>
    /// <param name="floats">Floats that are needed.</param>
    /// <returns>The address of the first, aligned to a cache line; valid until the next call or until the team is disposed.</returns>
    /// <exception cref="ObjectDisposedException">The team was disposed: what it would allocate now nobody would free.</exception>
    internal float* RentScratch(long floats)
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        if (_scratch is null || _scratch.Length < floats)
        {
            _scratch?.Dispose();
            _scratch = new NativeBuffer(floats);
        }

        return _scratch.Pointer;
    }

    private static void Invoke<TJob>(void* job, int task, int worker)
        where TJob : struct, ITeamJob => Unsafe.AsRef<TJob>(job).Run(task, worker);

    private void Work(int worker)
    {
        ThreadScratch.Prepare();
        long seen = 0L;
        while (true)
        {
            seen = AwaitJob(worker - 1, seen);
            if (_stopping)
            {
                ThreadScratch.Release();
                return;
            }

            TakeTasks(worker);
        }
    }

    private void AwaitDone(int tasks)
    {
        for (int spin = 0; spin < SpinsBeforeYield; spin++)
        {
            if (Volatile.Read(ref _done.Value) == tasks)
            {
                return;
            }

            Thread.SpinWait(1);
        }

        SpinWait spinner = default;
        while (Volatile.Read(ref _done.Value) != tasks)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    private long AwaitJob(int index, long seen)
    {
        for (int spin = 0; spin < SpinsBeforeSleep; spin++)
        {
            long generation = Volatile.Read(ref _generation.Value);
            if (generation != seen)
            {
                return generation;
            }

            Thread.SpinWait(2);
        }

        while (true)
        {
            Interlocked.Exchange(ref _asleep[index], 1);
            long generation = Volatile.Read(ref _generation.Value);
            if (generation != seen || _stopping)
            {
                // Whoever resets the flag decides: if the caller did, its wake-up is on its way and must be taken.
                if (Interlocked.CompareExchange(ref _asleep[index], 0, 1) == 0 && !_stopping)
                {
                    _wake[index].Wait();
                }

                return generation;
            }

            _wake[index].Wait();
        }
    }

    private int FirstOf(int share, int tasks) => (int)((long)tasks * share / Threads);

    private ref long Unclaimed(int share) => ref _unclaimed[(share + 1) * PaddedCounter.Stride];

    /// <summary>Tasks of the worker's own share, then what the others have left of theirs. They are told once, at the end: a count that every task raised would go from core to core.</summary>
    private void TakeTasks(int worker)
    {
        int done = 0;
        for (int i = 0; i < Threads; i++)
        {
            done += TakeShare((worker + i) % Threads, worker);
        }

        if (done > 0)
        {
            _tasksOf[worker * PaddedCounter.Stride] += done;
            Interlocked.Add(ref _done.Value, done);
        }
    }

    private int TakeShare(int share, int worker)
    {
        int done = 0;
        long left;
        while (Volatile.Read(ref Unclaimed(share)) > 0 && (left = Interlocked.Decrement(ref Unclaimed(share))) >= 0)
        {
            try
            {
                _run(_job, (int)(FirstOf(share + 1, _tasks) - 1 - left), worker);
            }
#pragma warning disable CA1031 // Whatever a task throws must reach the caller of Run, on the caller's thread.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Interlocked.CompareExchange(ref _failure, failure, null);
            }

            done++;
        }

        return done;
    }
}
