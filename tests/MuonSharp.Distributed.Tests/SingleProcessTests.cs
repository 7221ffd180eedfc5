using MuonSharp.Distributed.Tests.Contract;

namespace MuonSharp.Distributed.Tests;

public class SingleProcessTests
{
    [Fact]
    public void Every_call_gives_what_plain_loops_give()
    {
        using SingleProcess alone = new();
        Assert.Equal((0, 1, "single process"), (alone.Rank, alone.Size, alone.Engine));
        for (ulong seed = 0; seed < 20; seed++)
        {
            Assert.Equal(0, CollectivesContract.Check(alone, seed));
        }
    }

    public static TheoryData<string, Action<ICollectives>> BrokenRules => new()
    {
        { "[broadcast] the root is a rank, 0 to 0; 1 came", static ranks => ranks.Broadcast(new byte[1], 1) },
        { "[broadcast] the root is a rank, 0 to 0; -1 came", static ranks => ranks.Broadcast(new byte[1], -1) },
        { "[all-reduce] the operation is Sum, Min or Max; 9 came", static ranks => ranks.AllReduce(new float[1], (Reduction)9) },
        { "[reduce-scatter] there is a count for each of 1 ranks; 2 came", static ranks => ranks.ReduceScatter(new float[2], [1, 1], new float[1]) },
        { "[reduce-scatter] the data must have the 3 elements that the counts say; 2 came", static ranks => ranks.ReduceScatter(new float[2], [3], new float[3]) },
        { "[reduce-scatter] the result must have the 2 elements that the counts say; 1 came", static ranks => ranks.ReduceScatter(new float[2], [2], new float[1]) },
        { "[all-gather] counts are 0 or more; -1 came", static ranks => ranks.AllGather(new byte[2], [-1]) },
        { "[all-to-all] what is sent must have the 1 elements that the counts say; 2 came", static ranks => ranks.AllToAll(new float[2], [1], new float[1], [1]) },
        { "[all-to-all] what is received must have the 2 elements that the counts say; 1 came", static ranks => ranks.AllToAll(new float[1], [1], new float[1], [2]) },
        { "[all-to-all] what a rank expects of itself must have the 1 elements that the counts say; 2 came", static ranks => ranks.AllToAll(new float[1], [1], new float[2], [2]) },
    };

    [Theory]
    [MemberData(nameof(BrokenRules), DisableDiscoveryEnumeration = true)]
    public void Arguments_that_break_a_rule_are_refused(string message, Action<ICollectives> call)
    {
        using SingleProcess alone = new();
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => call(alone));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }
}
