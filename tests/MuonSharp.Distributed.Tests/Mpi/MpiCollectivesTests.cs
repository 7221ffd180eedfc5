namespace MuonSharp.Distributed.Tests.Mpi;

/// <summary>The ranks are processes under Open MPI and under MPICH, more of them than cores.</summary>
public class MpiCollectivesTests
{
    public static TheoryData<string, int> Launches => new()
    {
        { "openmpi", 1 }, { "openmpi", 2 }, { "openmpi", 4 }, { "mpich", 1 }, { "mpich", 2 }, { "mpich", 4 },
    };

    [Theory]
    [InlineData("openmpi", 3)]
    [InlineData("mpich", 3)]
    public void Three_ranks_agree_with_plain_loops(string family, int ranks) => Every_call_gives_what_plain_loops_give(family, ranks);

    [Theory(Explicit = true)]
    [MemberData(nameof(Launches))]
    public void Every_call_gives_what_plain_loops_give(string family, int ranks)
    {
        MpiRun run = MpiLauncher.Run(family, ranks, "contract").Exits(0);
        string engine = family == "openmpi" ? "Open MPI v" : "MPICH ";
        Assert.Equal(ranks, run.Lines.Length);
        Assert.All(Enumerable.Range(0, ranks), rank => Assert.Contains(run.Lines, line =>
            line.StartsWith(engine, StringComparison.Ordinal) && line.Contains($"rank {rank} of {ranks} agrees with plain loops", StringComparison.Ordinal)));
    }

    [Theory(Explicit = true)]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_null_reference_is_still_an_exception(string family) =>
        Assert.Equal(["caught", "caught"], MpiLauncher.Run(family, 2, "null").Exits(0).Lines);

    [Theory(Explicit = true)]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void Garbage_collections_do_not_move_what_is_under_way(string family) =>
        Assert.Equal(["sound", "sound"], MpiLauncher.Run(family, 2, "garbage").Exits(0).Lines);

    [Theory(Explicit = true)]
    [InlineData("openmpi", "libmpich.so.12")]
    [InlineData("mpich", "libmpi.so.40")]
    public void A_library_of_another_launcher_is_refused(string family, string library)
    {
        MpiRun run = MpiLauncher.Run(family, 2, "contract", library: library);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("has started 2 ranks, and MPI (", run.Error, StringComparison.Ordinal);
        Assert.Contains("knows of 1: the library does not belong to the launcher", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_not_there_is_named()
    {
        MpiRun run = MpiLauncher.Run("openmpi", 2, "contract", library: "libnothing.so.7").Exits(4);
        Assert.Contains("[mpi] no MPI library was found; tried libnothing.so.7.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranks_that_differ_end_with_what_they_differ_in()
    {
        MpiRun run = MpiLauncher.Run("openmpi", 3, "agreement").Exits(2);
        Assert.Contains("configuration must be the same on all ranks; rank 0 has 'usual', rank 1 'other'", run.Error, StringComparison.Ordinal);
    }
}
