namespace MuonSharp.Distributed.Tests.Mpi;

/// <summary>One rank of several goes wrong at a step: the others end in time, and say who, where and at what.</summary>
public class FaultTests
{
    private const double Timeout = 8;

    /// <summary>The start of the ranks, the timeout, two seconds for answers, and the end of the job, on a machine that has other work.</summary>
    private static readonly TimeSpan s_inTime = TimeSpan.FromSeconds(45);

    [Theory(Explicit = true)]
    [InlineData("openmpi", "stop")]
    [InlineData("openmpi", "sleep")]
    [InlineData("mpich", "stop")]
    [InlineData("mpich", "sleep")]
    public void A_rank_that_hangs_is_named_by_the_others(string family, string fault)
    {
        MpiRun run = MpiLauncher.Run(family, 3, fault, Timeout).Exits(MpiCollectives.MissingRankCode);
        Assert.Contains($"all-reduce {RankProgram.FaultyStep} at step {RankProgram.FaultyStep} has not ended within 8 s; rank 1 did not answer", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("rank 0 did not answer", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("rank 2 did not answer", run.Error, StringComparison.Ordinal);
        Assert.True(run.Duration < s_inTime, $"{run.Duration}");
    }

    [Theory(Explicit = true)]
    [InlineData("openmpi", "kill")]
    [InlineData("openmpi", "crash")]
    [InlineData("mpich", "kill")]
    [InlineData("mpich", "crash")]
    public void A_rank_that_dies_ends_all(string family, string fault)
    {
        // The launcher sees it at once, says which process it was, and ends the others.
        MpiRun run = MpiLauncher.Run(family, 3, fault, Timeout);
        Assert.NotEqual(0, run.ExitCode);
        Assert.DoesNotContain("done", run.Output, StringComparison.Ordinal);
        Assert.True(run.Duration < s_inTime, $"{run.Duration}");
        if (family == "openmpi")
        {
            Assert.Contains($"all-reduce {RankProgram.FaultyStep} at step {RankProgram.FaultyStep} will not end", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory(Explicit = true)]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_rank_whose_program_fails_ends_all_with_its_own_words(string family)
    {
        MpiRun run = MpiLauncher.Run(family, 3, "throw", Timeout).Exits(2);
        Assert.Contains("rank 1: the program is broken", run.Error, StringComparison.Ordinal);
        Assert.True(run.Duration < s_inTime, $"{run.Duration}");
    }

    /// <summary>Who says it is whose time is up first, the rank itself or one of the others. Open MPI waits for ever. MPICH takes a barrier for an all-reduce of a few numbers: without the comparison of calls, numbers were wrong and the ranks ended with code 0.</summary>
    [Theory(Explicit = true)]
    [InlineData("openmpi", "sequence", "is at call 7 (barrier, 0 elements)")]
    [InlineData("openmpi", "leave", "is at call 7 (the end, 0 elements)")]
    [InlineData("mpich", "sequence", "is at call 7 (barrier, 0 elements)")]
    [InlineData("mpich", "leave", "is at call 7 (the end, 0 elements)")]
    [InlineData("mpich", "length", "rank 1 made other calls than rank 0, or with other lengths")]
    public void A_rank_that_does_something_else_is_named(string family, string fault, string words)
    {
        MpiRun run = MpiLauncher.Run(family, 3, fault, Timeout).Exits(MpiCollectives.MissingRankCode);
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("done", run.Output, StringComparison.Ordinal);
        Assert.True(run.Duration < s_inTime, $"{run.Duration}");
    }

    [Theory(Explicit = true)]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_rank_that_is_slow_is_waited_for(string family) =>
        Assert.Equal(["together", "together", "together"], MpiLauncher.Run(family, 3, "slow", Timeout).Exits(0).Lines);
}
