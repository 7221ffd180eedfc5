using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MuonSharp.Distributed.Tests.Contract;

namespace MuonSharp.Distributed.Tests.Mpi;

/// <summary>What the ranks do that the tests start under a launcher: one thing each, by name.</summary>
internal static partial class RankProgram
{
    public const string Option = "--as-rank";

    /// <summary>Where the faulty rank leaves the path of the others.</summary>
    public const int FaultyStep = 7;

    private const int Kill = 9;
    private const int Stop = 19;
    private const int Seeds = 15;

    /// <summary>Is a rank.</summary>
    /// <param name="arguments">What to do, and how many seconds a collective may take.</param>
    public static int Run(string[] arguments)
    {
        MpiCollectives ranks;
        try
        {
            ranks = MpiCollectives.Initialize(TimeSpan.FromSeconds(double.Parse(arguments[1], CultureInfo.InvariantCulture)));
        }
        catch (CollectiveException error)
        {
            Console.Error.WriteLine(error.Message);
            return 4;
        }

        try
        {
            Do(arguments[0], ranks);
            ranks.Dispose();
            return 0;
        }
        catch (Exception error)
        {
            ranks.Abort($"rank {ranks.Rank}: {error.Message}", 2);
            throw;
        }
    }

    private static void Do(string what, MpiCollectives ranks)
    {
        switch (what)
        {
            case "contract":
                Contract(ranks);
                break;
            case "null":
                ranks.Barrier();
                Say(ranks, Enumerable.Range(0, 100).All(static _ => CatchesNull()) ? "caught" : "lost");
                ranks.Barrier();
                break;
            case "agreement":
                RankAgreement.Check(ranks, [("version", "1"), ("configuration", ranks.Rank == 1 ? "other" : "usual")]);
                break;
            case "slow":
                // Longer apart than the timeout is short of: nobody is missing.
                for (int step = 0; step < 3; step++)
                {
                    Thread.Sleep(ranks.Rank == 0 ? 700 : 0);
                    ranks.Barrier();
                }

                Say(ranks, "together");
                break;
            case "long" or "long-stop":
                ranks.Activity = "long work";
                LongWork.Run(ranks, () =>
                {
                    if (ranks.Rank == 1)
                    {
                        _ = what == "long-stop" ? Send(Environment.ProcessId, Stop) : 0;
                        Thread.Sleep(2 * ranks.Timeout);
                    }
                });
                Say(ranks, "together");
                break;
            case "garbage":
                Garbage(ranks);
                break;
            default:
                Fault(what, ranks);
                break;
        }
    }

    private static void Contract(MpiCollectives ranks)
    {
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            CollectivesContract.Check(ranks, seed);
        }

        // A piece that goes by another algorithm than small ones; whole numbers, whose sum has no order.
        float[] large = new float[1 << 20];
        Array.Fill(large, ranks.Rank + 1);
        ranks.AllReduce(large, Reduction.Sum);
        Assert.All(large, value => Assert.Equal(ranks.Size * (ranks.Size + 1) / 2, value));
        Say(ranks, $"{ranks.Engine}: rank {ranks.Rank} of {ranks.Size} agrees with plain loops, threads {ranks.ThreadLevel}");
    }

    /// <summary>Collections while requests run: what MPI writes to must stay where it is.</summary>
    private static void Garbage(MpiCollectives ranks)
    {
        using CancellationTokenSource stop = new();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _ = new byte[100_000];
                GC.Collect(0);
            }
        });
        collector.Start();
        for (int i = 0; i < 300; i++)
        {
            float[] values = new float[1000 + i];
            Array.Fill(values, ranks.Rank + i);
            ranks.AllReduce(values, Reduction.Sum);
            float expected = (ranks.Size * (ranks.Size - 1) / 2) + (i * ranks.Size);
            Assert.All(values, value => Assert.Equal(expected, value));
        }

        stop.Cancel();
        collector.Join();
        Say(ranks, "sound");
    }

    private static void Fault(string what, MpiCollectives ranks)
    {
        float[] values = new float[10];
        for (int step = 1; step <= 20; step++)
        {
            ranks.Step = step;
            if (step == FaultyStep && ranks.Rank == 1)
            {
                switch (what)
                {
                    case "kill":
                        _ = Send(Environment.ProcessId, Kill);
                        break;
                    case "stop":
                        _ = Send(Environment.ProcessId, Stop);
                        break;
                    case "throw":
                        throw new InvalidOperationException("the program is broken");
                    case "crash":
                        new Thread(static () => throw new InvalidOperationException("nobody catches this")).Start();
                        Thread.Sleep(Timeout.Infinite);
                        break;
                    case "sleep":
                        Thread.Sleep(Timeout.Infinite);
                        break;
                    case "sequence":
                        ranks.Barrier();
                        break;
                    case "length":
                        ranks.AllReduce(values.AsSpan(1), Reduction.Sum);
                        continue;
                    case "leave":
                        return;
                    default:
                        throw new InvalidOperationException($"no such fault: {what}");
                }
            }

            ranks.AllReduce(values, Reduction.Sum);
        }

        Say(ranks, "done");
    }

    /// <summary>Past what .NET keeps of the terminal, line by line.</summary>
    private static void Say(MpiCollectives ranks, string text)
    {
        ranks.Barrier();
        Console.Out.Write($"{text}\n");
        Console.Out.Flush();
    }

    private static bool CatchesNull()
    {
        try
        {
            return Length(null!) < 0;
        }
        catch (NullReferenceException)
        {
            return true;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Length(string text) => text.Length;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
