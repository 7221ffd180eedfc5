using System.Diagnostics;

namespace MuonSharp.Distributed;

/// <summary>One thread that makes all calls of an engine, so that numbers move while others are computed.</summary>
/// <remarks>
/// <para>What is posted runs in the order of posting, one at a time. All ranks post the same in the same order, from one thread each. From the first post until <see cref="Drain"/> or <see cref="Dispose"/> nobody
/// else calls the engine.</para>
/// <para>MPI makes no progress by itself, and needs a core for it while data moves.</para>
/// <para>Posting and waiting allocate nothing once the queue is as long as it gets: keep the delegates.</para>
/// <code>
/// using CommunicationThread thread = new(collectives);
/// Completion sum = thread.Post(reduceFirstBucket);   // an Action&lt;ICollectives&gt; in a field
/// ... compute the gradient of the next bucket ...
/// sum.Wait();
/// </code>
/// </remarks>
public sealed class CommunicationThread : IDisposable
{
    private const int FirstCapacity = 16;

    private readonly ICollectives _collectives;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private Action<ICollectives>[] _queue = new Action<ICollectives>[FirstCapacity];
    private long _posted;
    private long _done;
    private long _busy;
    private long _waited;
    private Exception? _failure;
    private bool _closing;

    /// <summary>Starts the thread.</summary>
    /// <param name="collectives">The engine; not disposed of by this.</param>
    public CommunicationThread(ICollectives collectives)
    {
        _collectives = collectives;
        _thread = new Thread(Work) { IsBackground = true, Name = $"MuonSharp rank {collectives.Rank}" };
        _thread.Start();
    }

    /// <summary>How long calls took so far, in all.</summary>
    public TimeSpan Busy => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _busy));

    /// <summary>How long others waited for them: what the calls took beyond what was computed meanwhile.</summary>
    public TimeSpan Waited => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _waited));

    /// <summary>Has calls made, after those that were posted before.</summary>
    /// <param name="calls">The calls; what they read and write belongs to them until they are done.</param>
    /// <returns>What to wait for.</returns>
    /// <exception cref="CollectiveException">A call that was posted before has failed.</exception>
    /// <exception cref="ObjectDisposedException">The thread has ended.</exception>
    public Completion Post(Action<ICollectives> calls)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, this);
            ThrowIfFailed();
            if (_posted - _done == _queue.Length)
            {
                Grow();
            }

            _queue[_posted % _queue.Length] = calls;
            _posted++;
            Monitor.PulseAll(_gate);
            return new Completion(this, _posted);
        }
    }

    /// <summary>Waits until all that was posted is done.</summary>
    /// <exception cref="CollectiveException">A call has failed.</exception>
    public void Drain() => Wait(Volatile.Read(ref _posted));

    /// <summary>Ends the thread, after what was posted. Does not throw what a call has thrown.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    internal bool IsDone(long ticket) => Volatile.Read(ref _done) >= ticket;

    internal void Wait(long ticket)
    {
        lock (_gate)
        {
            if (_done < ticket && _failure is null)
            {
                long start = Stopwatch.GetTimestamp();
                while (_done < ticket && _failure is null)
                {
                    Monitor.Wait(_gate);
                }

                _waited += Stopwatch.GetTimestamp() - start;
            }

            if (_done < ticket)
            {
                ThrowIfFailed();
            }
        }
    }

    private void Work()
    {
        while (Next() is { } calls)
        {
            long start = Stopwatch.GetTimestamp();
            Exception? failure = null;
            try
            {
                calls(_collectives);
            }
            catch (Exception error)
            {
                failure = error;
            }

            lock (_gate)
            {
                _busy += Stopwatch.GetTimestamp() - start;
                _failure ??= failure;
                _done += failure is null ? 1 : 0;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private Action<ICollectives>? Next()
    {
        lock (_gate)
        {
            while (_done == _posted && !_closing && _failure is null)
            {
                Monitor.Wait(_gate);
            }

            return _done == _posted || _failure is not null ? null : _queue[_done % _queue.Length];
        }
    }

    private void Grow()
    {
        var longer = new Action<ICollectives>[2 * _queue.Length];
        for (long i = _done; i < _posted; i++)
        {
            longer[i % longer.Length] = _queue[i % _queue.Length];
        }

        _queue = longer;
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw new CollectiveException(_failure.Message, _failure);
        }
    }
}

/// <summary>Something that was posted to a <see cref="CommunicationThread"/>. A value: nothing to free, and it may be waited for more than once.</summary>
public readonly record struct Completion
{
    private readonly CommunicationThread? _thread;
    private readonly long _ticket;

    internal Completion(CommunicationThread thread, long ticket) => (_thread, _ticket) = (thread, ticket);

    /// <summary>Whether it is done; the default value is.</summary>
    public bool IsDone => _thread?.IsDone(_ticket) ?? true;

    /// <summary>Waits until it is done.</summary>
    /// <exception cref="CollectiveException">It has failed, or something that was posted before it.</exception>
    public void Wait() => _thread?.Wait(_ticket);
}
