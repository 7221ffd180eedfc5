using System.Globalization;
using System.Runtime.InteropServices;

namespace MuonSharp.Distributed;

/// <summary>Compares the calls that ranks have made, now and then: a library may take what one rank brings to one call for what another expects in a different one, and give wrong numbers without a word.</summary>
/// <remarks>MPICH's barrier, for one, meets an all-reduce of a few numbers. The sum over the calls' kinds and lengths is gathered after every <see cref="Interval"/>th call, after each barrier and at the end: some
/// microseconds, eight bytes a rank. Over a communicator of its own, so that it cannot be taken for something else either.</remarks>
internal sealed unsafe class SequenceCheck : IDisposable
{
    /// <summary>Calls between comparisons.</summary>
    private const int Interval = 16;

    private readonly MpiLibrary _library;
    private readonly nint _communicator;
    private readonly int _rank;
    private readonly int _size;
    private readonly long* _sums;
    private readonly int* _counts;
    private readonly int* _starts;

    public SequenceCheck(MpiLibrary library, nint communicator, int rank, int size)
    {
        (_library, _communicator, _rank, _size) = (library, communicator, rank, size);
        _sums = (long*)NativeMemory.AllocZeroed((nuint)size, sizeof(long));
        _counts = (int*)NativeMemory.AllocZeroed((nuint)size, sizeof(int));
        _starts = (int*)NativeMemory.AllocZeroed((nuint)size, sizeof(int));
        for (int other = 0; other < size; other++)
        {
            (_counts[other], _starts[other]) = (1, other);
        }
    }

    /// <summary>Counts a call.</summary>
    public void Add(in CollectivePosition position) =>
        Sum = (long)((((ulong)Sum ^ ((ulong)position.Call + 1)) * 0x9E3779B97F4A7C15) + (position.Call == CollectiveCall.AllToAll ? 0 : (ulong)position.Elements));

    /// <summary>What the calls of this rank come to.</summary>
    public long Sum { get; private set; }

    /// <summary>Whether it is time to compare after a call.</summary>
    public static bool IsDue(in CollectivePosition position) => position.Number % Interval == 0 || position.Call is CollectiveCall.Barrier or CollectiveCall.End;

    /// <summary>Begins the comparison.</summary>
    public int Begin(nint* request)
    {
        _sums[_rank] = Sum;
        return _library.AllGather(_library.Abi.InPlace, 0, _library.Abi.Int64, _sums, _counts, _starts, _library.Abi.Int64, _communicator, request);
    }

    /// <summary>The ranks whose calls are not those of the first one, in words; null where all are alike.</summary>
    public string? Difference()
    {
        if (Alike())
        {
            return null;
        }

        string[] other = [.. Enumerable.Range(1, _size - 1).Where(rank => _sums[rank] != _sums[0]).Select(static rank => rank.ToString(CultureInfo.InvariantCulture))];
        return $"{(other.Length == 1 ? "rank" : "ranks")} {string.Join(", ", other)} made other calls than rank 0, or with other lengths";
    }

    private bool Alike()
    {
        bool alike = true;
        for (int rank = 1; rank < _size; rank++)
        {
            alike &= _sums[rank] == _sums[0];
        }

        return alike;
    }

    /// <summary>Frees what no request uses any more.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_sums);
        NativeMemory.Free(_counts);
        NativeMemory.Free(_starts);
    }
}
