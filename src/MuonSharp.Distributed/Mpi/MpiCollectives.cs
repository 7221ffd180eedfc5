using System.Runtime.InteropServices;

namespace MuonSharp.Distributed;

/// <summary>Ranks that are processes, on one machine or many, joined by MPI: Open MPI or MPICH as the machine has it. Nothing of it is shipped.</summary>
/// <remarks>
/// <para>A collective that does not end within the timeout ends the job: one line on standard error says which rank is missing, in which collective, at what, and all processes end with code 4. MPI knows no
/// going on without a rank; start again from the last checkpoint.</para>
/// <para>All calls from one thread at a time; the library must grant MPI_THREAD_SERIALIZED or more.</para>
/// </remarks>
public sealed unsafe class MpiCollectives : ICollectives
{
    /// <summary>What a process ends with when ranks are missing.</summary>
    public const int MissingRankCode = 4;

    /// <summary>The environment variable that names the library to load, by a path or a name that the loader finds; empty: the first that is found.</summary>
    public const string LibraryVariable = MpiLibrary.Variable;

    /// <summary>Longer than a call takes where all ranks are there; shorter than launchers wait before they kill.</summary>
    private static readonly TimeSpan s_longForACall = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_usualTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Between the words of a rank and the end of all: a launcher that ends them at once may lose what it has not read yet, and the words of the others.</summary>
    private static readonly TimeSpan s_untilHeard = TimeSpan.FromMilliseconds(250);

    private readonly MpiLibrary _library;
    private readonly MpiAbi _abi;
    private readonly MpiWait _wait;
    private readonly RollCall _rollCall;
    private readonly SequenceCheck _sequence;
    private readonly PosixSignalRegistration? _termination;
    private readonly int[] _sendStarts;
    private readonly int[] _receiveStarts;
    private CollectivePosition _position;
    private volatile bool _waiting;
    private bool _broken;
    private bool _disposed;

    private MpiCollectives(MpiLibrary library, int threadLevel, TimeSpan timeout)
    {
        (_library, _abi, Timeout) = (library, library.Abi, timeout);
        int rank = 0, size = 0;
        nint copy = 0;
        library.Check("MPI_Comm_set_errhandler", library.SetErrorHandler(_abi.World, _abi.ErrorsReturn));
        library.Check("MPI_Comm_rank", library.CommRank(_abi.World, &rank));
        library.Check("MPI_Comm_size", library.CommSize(_abi.World, &size));
        library.Check("MPI_Comm_dup", library.CommDuplicate(_abi.World, &copy));
        (Rank, Size, ThreadLevel) = (rank, size, threadLevel >= _abi.Threads.Multiple ? "multiple" : "serialized");
        (_sendStarts, _receiveStarts) = (new int[size], new int[size]);
        _rollCall = new RollCall(library, copy, rank, size);
        _sequence = new SequenceCheck(library, copy, rank, size);
        _wait = new MpiWait(library, _rollCall, timeout);
        _termination = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => SayWhereItEnds());
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public string Engine => _library.Version;

    /// <inheritdoc/>
    public string Activity { get; set; } = string.Empty;

    /// <inheritdoc/>
    public long Step { get; set; }

    /// <inheritdoc/>
    public long BytesSent { get; private set; }

    /// <summary>How long a collective may take.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>The level of threading that the library granted.</summary>
    public string ThreadLevel { get; }

    /// <summary>The names by which a library is looked for, in order.</summary>
    public static IReadOnlyList<string> LibraryNames => MpiLibrary.Names(Launcher.Detect());

    /// <summary>Looks for an MPI library, and loads it into this process: it may take threads and signals, and stays.</summary>
    /// <param name="library">What it was loaded by; empty where there is none.</param>
    /// <param name="version">What it calls itself.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="CollectiveException">What was found is no MPI library of a known kind.</exception>
    public static bool TryFind(out string library, out string version)
    {
        MpiLibrary? found = MpiLibrary.Find(Launcher.Detect());
        NativeSupport.RestoreHandlers();
        (library, version) = (found?.Path ?? string.Empty, found?.Version ?? string.Empty);
        return found is not null;
    }

    /// <summary>Joins the ranks that a launcher has started. Once a process.</summary>
    /// <param name="timeout">How long a collective may take; null: 30 seconds.</param>
    /// <exception cref="CollectiveException">There is no MPI, it does not belong to the launcher, or it grants too little.</exception>
    public static MpiCollectives Initialize(TimeSpan? timeout = null)
    {
        var launcher = Launcher.Detect();
        MpiLibrary library = MpiLibrary.Find(launcher)
            ?? throw new CollectiveException($"[mpi] no MPI library was found; tried {string.Join(", ", MpiLibrary.Names(launcher))}. Install Open MPI or MPICH, or name one in {MpiLibrary.Variable}");
        using var watch = new JoinWatch("the ranks have not been joined", timeout ?? s_usualTimeout);
        int granted = 0;
        int code = library.InitThread(null, null, library.Abi.Threads.Multiple, &granted);
        NativeSupport.RestoreHandlers();
        if (code != 0)
        {
            throw new CollectiveException($"[mpi] {library.Version} could not begin: {library.Describe(code)}");
        }

        var collectives = new MpiCollectives(library, granted, timeout ?? s_usualTimeout);
        string? problem = granted < library.Abi.Threads.Serialized ? $"{library.Version} lets only the thread that began call it; one that grants MPI_THREAD_SERIALIZED is needed"
            : launcher?.Size is { } size && size != collectives.Size ? $"the launcher ({launcher.Name}) has started {size} ranks, and MPI ({library.Version}, {library.Path}) knows of {collectives.Size}: "
                + $"the library does not belong to the launcher. Use the mpirun of this library, or name the other library in {MpiLibrary.Variable}"
            : null;
        if (problem is not null)
        {
            collectives.Dispose();
            throw new CollectiveException($"[mpi] {problem}");
        }

        return collectives;
    }

    /// <inheritdoc/>
    public void Barrier() => Meet(CollectiveCall.Barrier);

    /// <inheritdoc/>
    public void Broadcast(Span<byte> data, int root)
    {
        CollectiveRules.Throw(CollectiveRules.Broadcast(root, Size));
        Begin(CollectiveCall.Broadcast, data.Length);
        fixed (byte* values = data)
        {
            nint request = 0;
            End(_library.Broadcast(values, data.Length, _abi.Byte, root, _abi.World, &request), ref request);
        }

        BytesSent += Rank == root ? (long)data.Length * (Size - 1) : 0;
    }

    /// <inheritdoc/>
    public void AllReduce(Span<long> data, Reduction operation) => Reduce(data, _abi.Int64, operation);

    /// <inheritdoc/>
    public void AllReduce(Span<double> data, Reduction operation) => Reduce(data, _abi.Double, operation);

    /// <inheritdoc/>
    public void AllReduce(Span<float> data, Reduction operation) => Reduce(data, _abi.Float, operation);

    /// <inheritdoc/>
    public void ReduceScatter(ReadOnlySpan<float> data, ReadOnlySpan<int> counts, Span<float> result)
    {
        CollectiveRules.Throw(CollectiveRules.ReduceScatter(data.Length, counts, result.Length, Rank, Size));
        Begin(CollectiveCall.ReduceScatter, data.Length);
        fixed (float* from = data, to = result)
        fixed (int* lengths = counts)
        {
            nint request = 0;
            End(_library.ReduceScatter(from, to, lengths, _abi.Float, _abi.Sum, _abi.World, &request), ref request);
        }

        BytesSent += sizeof(float) * (long)(data.Length - result.Length);
    }

    /// <inheritdoc/>
    public void AllGather(Span<float> data, ReadOnlySpan<int> counts) => Gather(data, counts, _abi.Float);

    /// <inheritdoc/>
    public void AllGather(Span<byte> data, ReadOnlySpan<int> counts) => Gather(data, counts, _abi.Byte);

    /// <inheritdoc/>
    public void AllToAll(ReadOnlySpan<float> send, ReadOnlySpan<int> sendCounts, Span<float> receive, ReadOnlySpan<int> receiveCounts)
    {
        CollectiveRules.Throw(CollectiveRules.AllToAll(send.Length, sendCounts, receive.Length, receiveCounts, Rank, Size));
        Begin(CollectiveCall.AllToAll, send.Length);
        Starts(sendCounts, _sendStarts);
        Starts(receiveCounts, _receiveStarts);
        fixed (float* from = send, to = receive)
        fixed (int* sent = sendCounts, received = receiveCounts, sendStarts = _sendStarts, receiveStarts = _receiveStarts)
        {
            nint request = 0;
            End(_library.AllToAll(from, sent, sendStarts, _abi.Float, to, received, receiveStarts, _abi.Float, _abi.World, &request), ref request);
        }

        BytesSent += sizeof(float) * (long)(send.Length - sendCounts[Rank]);
    }

    /// <inheritdoc/>
    public void Abort(string reason, int exitCode)
    {
        (_broken, _waiting) = (true, false);
        if (reason.Length > 0)
        {
            Console.Error.WriteLine(reason);
            Console.Error.Flush();
        }

        Thread.Sleep(s_untilHeard);
        _ = _library.Abort(_abi.World, exitCode);
        Environment.Exit(exitCode);
    }

    /// <summary>Leaves the ranks, once all others do so too. After an error it leaves nothing in order: end the job with <see cref="Abort"/>.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            if (!_broken)
            {
                Meet(CollectiveCall.End);
                _rollCall.Dispose();
                _sequence.Dispose();
                using var watch = new JoinWatch($"rank {Rank} has not left the others", Timeout);
                _ = _library.Finalize();
            }

            _termination?.Dispose();
            _disposed = true;
        }
    }

    private static void Starts(ReadOnlySpan<int> counts, int[] starts)
    {
        int start = 0;
        for (int rank = 0; rank < starts.Length; rank++)
        {
            starts[rank] = start;
            start += counts[rank];
        }
    }

    private void Meet(CollectiveCall call)
    {
        Begin(call, 0);
        nint request = 0;
        End(_library.Barrier(_abi.World, &request), ref request);
    }

    private void Reduce<T>(Span<T> data, nint type, Reduction operation)
        where T : unmanaged
    {
        CollectiveRules.Throw(CollectiveRules.AllReduce(operation));
        Begin(CollectiveCall.AllReduce, data.Length);
        nint chosen = operation switch { Reduction.Sum => _abi.Sum, Reduction.Min => _abi.Min, _ => _abi.Max };
        fixed (T* values = data)
        {
            nint request = 0;
            End(_library.AllReduce(_abi.InPlace, values, data.Length, type, chosen, _abi.World, &request), ref request);
        }

        BytesSent += 2L * data.Length * sizeof(T) * (Size - 1) / Size;
    }

    private void Gather<T>(Span<T> data, ReadOnlySpan<int> counts, nint type)
        where T : unmanaged
    {
        CollectiveRules.Throw(CollectiveRules.AllGather(data.Length, counts, Size));
        Begin(CollectiveCall.AllGather, data.Length);
        Starts(counts, _receiveStarts);
        fixed (T* values = data)
        fixed (int* lengths = counts, starts = _receiveStarts)
        {
            nint request = 0;
            End(_library.AllGather(_abi.InPlace, 0, type, values, lengths, starts, type, _abi.World, &request), ref request);
        }

        BytesSent += (long)counts[Rank] * sizeof(T) * (Size - 1);
    }

    private void Begin(CollectiveCall call, long elements)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _position = new CollectivePosition(_position.Number + 1, call, elements);
        _sequence.Add(_position);
        _waiting = true;
    }

    /// <summary>Waits for what has begun. What belongs to the request is kept alive and in its place by the caller.</summary>
    private void End(int code, ref nint request)
    {
        Wait(code, ref request);
        if (Size > 1 && SequenceCheck.IsDue(_position))
        {
            nint comparison = 0;
            Wait(_sequence.Begin(&comparison), ref comparison);
            if (_sequence.Difference() is { } difference)
            {
                Abort($"{Here()}: all ranks make the same calls; {difference}. All ranks end; go on from the newest checkpoint", MissingRankCode);
            }
        }

        _waiting = false;
    }

    private void Wait(int code, ref nint request)
    {
        try
        {
            _library.Check(_position.Name, code);
            if (_wait.Until(ref request, _position))
            {
                return;
            }
        }
        catch (CollectiveException)
        {
            _broken = true;
            throw;
        }

        Abort($"{Here()} has not ended within {Timeout.TotalSeconds:0.#} s; {_rollCall.Absent(_position)}. All ranks end; go on from the newest checkpoint", MissingRankCode);
    }

    private string Here() =>
        $"[ranks] rank {Rank} on {Environment.MachineName}: {_position.Name} {_position.Number}{CollectiveRules.At(" at ", Activity, Step)}";

    /// <summary>A launcher that has lost a rank ends the others before their time is up: what they waited for is worth a line.</summary>
    private void SayWhereItEnds()
    {
        if (!_waiting)
        {
            return;
        }

        long number = _position.Number;
        Thread.Sleep(s_longForACall);
        if (_waiting && _position.Number == number)
        {
            Console.Error.WriteLine($"{Here()} will not end: this rank was told to end (SIGTERM), as a launcher does when it has lost another");
        }
    }
}
