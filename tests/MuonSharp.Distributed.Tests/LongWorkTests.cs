using MuonSharp.Distributed.Tests.Mpi;

namespace MuonSharp.Distributed.Tests;

/// <summary>Work that one rank is longer at than the others.</summary>
public class LongWorkTests
{
    /// <summary>Seconds between two signs of life over processes: more than a rank goes without its turn on a busy machine, where three of them look for each other on two cores.</summary>
    private const double Timeout = 5;

    [Fact]
    public void All_wait_for_the_last()
    {
        int ended = 0;
        ThreadCollectives.Run(3, ranks =>
        {
            LongWork.Run(ranks, () =>
            {
                // Longer than two signs of life.
                Thread.Sleep(ranks.Rank == 1 ? 700 : 0);
                _ = Interlocked.Increment(ref ended);
            });
            Assert.Equal(3, Volatile.Read(ref ended));
        });
    }

    [Fact]
    public void What_one_rank_fails_at_ends_the_others_who_hear_that_it_did()
    {
        string?[] heard = new string?[3];
        ThreadCollectives.Run(3, ranks =>
        {
            ranks.Activity = "a checkpoint";
            try
            {
                LongWork.Run(ranks, () => throw (ranks.Rank == 1 ? new IOException("the disk is full") : new OperationCanceledException()));
            }
            catch (Exception error)
            {
                heard[ranks.Rank] = $"{error.GetType().Name}: {error.Message}";
            }

            ranks.Barrier();
        });
        Assert.Equal("IOException: the disk is full", heard[1]);
        Assert.All([heard[0], heard[2]], text => Assert.Equal("CollectiveException: [ranks] another rank could not go on at a checkpoint", text));
    }

    /// <summary>One was asked; the one that is at work hears of it, and nobody counts the work as done. It gives up where another one has come back or many signs of life have gone by without a word.</summary>
    [Fact]
    public void Who_is_asked_to_stop_tells_all()
    {
        const long BytesOfManySigns = 400;
        bool back = false;
        using CancellationTokenSource asked = new();
        ThreadCollectives.Run(3, ranks =>
        {
            using CancellationTokenSource stop = new();
            try
            {
                Assert.Throws<OperationCanceledException>(() => LongWork.Run(ranks, Work, stop.Cancel, ranks.Rank == 0 ? asked.Token : CancellationToken.None));
                Assert.True(stop.IsCancellationRequested);
            }
            finally
            {
                Volatile.Write(ref back, true);
            }

            void Work()
            {
                if (ranks.Rank == 2)
                {
                    asked.Cancel();
                    for (long before = ranks.BytesSent; !stop.IsCancellationRequested && !Volatile.Read(ref back) && ranks.BytesSent - before < BytesOfManySigns;)
                    {
                        Thread.Sleep(1);
                    }

                    stop.Token.ThrowIfCancellationRequested();
                }
            }
        });
    }

    [Theory(Explicit = true)]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void Work_may_take_longer_than_a_collective(string family) =>
        Assert.Equal(["together", "together", "together"], MpiLauncher.Run(family, 3, "long", Timeout).Exits(0).Lines);

    [Theory(Explicit = true)]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_rank_that_hangs_at_its_work_is_missed_in_time(string family)
    {
        MpiRun run = MpiLauncher.Run(family, 3, "long-stop", Timeout).Exits(MpiCollectives.MissingRankCode);
        Assert.Contains("at long work has not ended within 5 s; rank 1 did not answer", run.Error, StringComparison.Ordinal);
    }
}
