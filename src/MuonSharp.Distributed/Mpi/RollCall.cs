using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MuonSharp.Distributed;

/// <summary>Finds out which ranks are missing once a collective has not ended in time: who waits tells who asks where it is.</summary>
/// <remarks>
/// <para>Over a communicator of its own, so that nothing of the broken collective is in the way. A rank that has waited for a while listens for questions of others (<see cref="Answer"/>); the first whose time is up
/// asks all (<see cref="Absent"/>), and the job ends with it. A question is an answer too: both are the position of who sends it, one message from each rank to each other at most.</para>
/// <para>A rank that computes for longer than the timeout makes no call, and so is missing.</para>
/// </remarks>
internal sealed unsafe class RollCall : IDisposable
{
    private const int Longs = 3;
    private static readonly TimeSpan s_answers = TimeSpan.FromSeconds(2);

    private readonly MpiLibrary _library;
    private readonly nint _communicator;
    private readonly int _rank;
    private readonly int _size;
    private readonly long* _received;
    private readonly long* _own;
    private readonly nint* _receives;
    private readonly nint* _sends;
    private bool _listening;

    public RollCall(MpiLibrary library, nint communicator, int rank, int size)
    {
        (_library, _communicator, _rank, _size) = (library, communicator, rank, size);

        // Never moved and never freed while a message may be on its way.
        _received = (long*)NativeMemory.AllocZeroed((nuint)(size * Longs), sizeof(long));
        _own = (long*)NativeMemory.AllocZeroed((nuint)(size * Longs), sizeof(long));
        _receives = (nint*)NativeMemory.AllocZeroed((nuint)size, (nuint)sizeof(nint));
        _sends = (nint*)NativeMemory.AllocZeroed((nuint)size, (nuint)sizeof(nint));
    }

    /// <summary>Tells those who have asked where this rank is. Quick; for a rank that waits.</summary>
    public void Answer(in CollectivePosition position)
    {
        Listen();
        for (int other = 0; other < _size; other++)
        {
            if (other != _rank && Done(_receives + other) && _sends[other] == 0)
            {
                Tell(other, position);
            }
        }
    }

    /// <summary>Asks all and says who is missing or elsewhere, in words.</summary>
    /// <param name="position">Where this rank waits in vain.</param>
    public string Absent(in CollectivePosition position)
    {
        Listen();
        for (int other = 0; other < _size; other++)
        {
            if (other != _rank && _sends[other] == 0)
            {
                Tell(other, position);
            }
        }

        bool[] answered = new bool[_size];
        answered[_rank] = true;
        long start = Stopwatch.GetTimestamp();
        while (Array.Exists(answered, static answer => !answer) && Stopwatch.GetElapsedTime(start) < s_answers)
        {
            for (int other = 0; other < _size; other++)
            {
                if (other != _rank)
                {
                    answered[other] = answered[other] || Done(_receives + other);
                    _ = Done(_sends + other);
                }
            }

            Thread.Sleep(1);
        }

        return Describe(position, answered);
    }

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        for (int other = 0; _listening && other < _size; other++)
        {
            if (other != _rank && !Done(_receives + other))
            {
                _ = _library.Cancel(_receives + other);
                _ = _library.Wait(_receives + other, _library.Abi.StatusIgnore);
            }
        }
    }

    private string Describe(in CollectivePosition position, bool[] answered)
    {
        string[] silent = [.. Enumerable.Range(0, _size).Where(other => !answered[other]).Select(static other => other.ToString(CultureInfo.InvariantCulture))];
        if (silent.Length > 0)
        {
            return $"{(silent.Length == 1 ? "rank" : "ranks")} {string.Join(", ", silent)} did not answer: dead, stopped, or busy with something else";
        }

        List<string> elsewhere = [];
        for (int other = 0; other < _size; other++)
        {
            var theirs = new CollectivePosition(_received[other * Longs], (CollectiveCall)_received[(other * Longs) + 1], _received[(other * Longs) + 2]);
            if (other != _rank && theirs != position)
            {
                elsewhere.Add($"rank {other} is at {theirs}");
            }
        }

        return elsewhere.Count > 0 ? $"{string.Join(", ", elsewhere)}; this rank is at {position}: they do different things" : "all ranks wait in it: the network is broken or slow";
    }

    private void Listen()
    {
        for (int other = 0; !_listening && other < _size; other++)
        {
            if (other != _rank)
            {
                _library.Check("listening", _library.Receive(_received + (other * Longs), Longs, _library.Abi.Int64, other, 0, _communicator, _receives + other));
            }
        }

        _listening = true;
    }

    private void Tell(int other, in CollectivePosition position)
    {
        long* message = _own + (other * Longs);
        (message[0], message[1], message[2]) = (position.Number, (long)position.Call, position.Elements);
        _library.Check("answering", _library.Send(message, Longs, _library.Abi.Int64, other, 0, _communicator, _sends + other));
    }

    /// <summary>Whether a request has ended; one that has ended before still has.</summary>
    private bool Done(nint* request)
    {
        int done = 0;
        _library.Check("listening", _library.Test(request, &done, _library.Abi.StatusIgnore));
        return done != 0;
    }
}

/// <summary>Where a rank is in the sequence of calls that all ranks make.</summary>
/// <param name="Number">Number of the call, from 1.</param>
/// <param name="Call">Which.</param>
/// <param name="Elements">How many numbers it brought.</param>
internal readonly record struct CollectivePosition(long Number, CollectiveCall Call, long Elements)
{
    /// <summary>The call's name, as messages have it.</summary>
    public string Name => Call switch
    {
        CollectiveCall.Barrier => "barrier",
        CollectiveCall.Broadcast => "broadcast",
        CollectiveCall.AllReduce => "all-reduce",
        CollectiveCall.ReduceScatter => "reduce-scatter",
        CollectiveCall.AllGather => "all-gather",
        CollectiveCall.AllToAll => "all-to-all",
        _ => "the end",
    };

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"call {Number} ({Name}, {Elements} elements)");
}

/// <summary>The calls of <see cref="ICollectives"/>.</summary>
internal enum CollectiveCall
{
    Barrier,
    Broadcast,
    AllReduce,
    ReduceScatter,
    AllGather,
    AllToAll,

    /// <summary>The meeting of all ranks before they leave.</summary>
    End,
}
