using MuonSharp.Distributed.Tests.Contract;
using MuonSharp.Numerics;

namespace MuonSharp.Distributed.Tests.Threads;

public class ThreadCollectivesTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Every_call_gives_what_plain_loops_give(int size)
    {
        int done = 0;
        ThreadCollectives.Run(size, ranks =>
        {
            Assert.Equal((size, "threads"), (ranks.Size, ranks.Engine));
            for (ulong seed = 0; seed < 12; seed++)
            {
                CollectivesContract.Check(ranks, seed);
            }

            Interlocked.Increment(ref done);
        });
        Assert.Equal(size, done);
    }

    [Fact]
    public void Sums_are_made_in_the_order_of_ranks()
    {
        const int Size = 5, Length = 400;
        float[][] all = [.. Enumerable.Range(0, Size).Select(static rank =>
        {
            float[] values = new float[Length];
            new RandomStream(1, "sums").FillNormal(values, 0, (uint)rank);
            return values;
        })];
        float[] expected = [.. Enumerable.Range(0, Length).Select(i => all.Aggregate(0f, (sum, values) => sum + values[i]))];
        int[] counts = [100, 0, 50, 200, 50];
        ThreadCollectives.Run(Size, ranks =>
        {
            float[] sum = [.. all[ranks.Rank]], part = new float[counts[ranks.Rank]];
            ranks.AllReduce(sum, Reduction.Sum);
            Assert.Equal(expected, sum);
            ranks.ReduceScatter(all[ranks.Rank], counts, part);
            Assert.Equal(expected.Skip(counts[..ranks.Rank].Sum()).Take(part.Length), part);
        });
    }

    public static TheoryData<string, Action<ICollectives>, string> Faults => new()
    {
        { "throws", static ranks => throw new InvalidOperationException("a broken program"), "rank 1 has failed: a broken program" },
        { "leaves", static ranks => ranks.Dispose(), "rank 1 has left, at step 3" },
        { "aborts", static ranks => ranks.Abort("no more memory", 2), "rank 1 ended all ranks: no more memory" },
        { "other call", static ranks => ranks.AllReduce(new long[4], Reduction.Sum), "all ranks make the same calls; rank" },
        { "other operation", static ranks => ranks.AllReduce(new float[4], Reduction.Max), "greatest of Single" },
        { "other type", static ranks => ranks.AllReduce(new double[4], Reduction.Sum), "sum of Double" },
        { "other length", static ranks => ranks.AllReduce(new float[5], Reduction.Sum), "all ranks bring as much to one all-reduce" },
        { "broken rule", static ranks => ranks.AllGather(new float[5], [1, 1, 1]), "rank 1 cannot go on: [all-gather] the data must have the 3 elements that the counts say; 5 came" },
    };

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void A_rank_that_does_something_else_ends_the_others(string what, Action<ICollectives> fault, string words)
    {
        Assert.NotEmpty(what);
        string?[] errors = new string?[3];
        ICollectives[] all = ThreadCollectives.Create(3);
        Thread[] threads = [.. all.Select(ranks => new Thread(() =>
        {
            ranks.Activity = "step 3";
            try
            {
                ranks.Barrier();
                if (ranks.Rank == 1)
                {
                    fault(ranks);
                }

                ranks.AllReduce(new float[4], Reduction.Sum);
                ranks.Barrier();
            }
            catch (Exception error)
            {
                errors[ranks.Rank] = error.Message;
                ranks.Abort($"rank 1 has failed: {error.Message}", 1);
            }
        }) { IsBackground = true })];
        Array.ForEach(threads, static thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(s_soon), "a rank still waits"));
        Assert.All([0, 2], rank => Assert.Contains(words, errors[rank], StringComparison.Ordinal));
    }

    [Fact]
    public void Counts_that_differ_between_ranks_are_found_before_anything_is_read()
    {
        CollectiveException cut = Assert.Throws<CollectiveException>(static () =>
            ThreadCollectives.Run(2, static ranks => ranks.AllGather(new float[3], ranks.Rank == 0 ? [1, 2] : [2, 1])));
        Assert.Contains("all ranks give the same counts", cut.Message, StringComparison.Ordinal);
        CollectiveException sent = Assert.Throws<CollectiveException>(static () =>
            ThreadCollectives.Run(2, static ranks => ranks.AllToAll(new float[3], [1, 2], new float[3], [1, 2])));
        Assert.Contains("what a rank sends is what the other expects", sent.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_program_throws_comes_out_of_Run()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(static () => ThreadCollectives.Run(4, static ranks =>
        {
            ranks.Barrier();
            if (ranks.Rank == 2)
            {
                throw new InvalidOperationException("the cause");
            }

            ranks.Barrier();
        }));
        Assert.Equal("the cause", error.Message);
    }

    [Fact]
    public void There_is_at_least_one_rank() => Assert.Throws<ArgumentOutOfRangeException>(static () => ThreadCollectives.Create(0));
}
