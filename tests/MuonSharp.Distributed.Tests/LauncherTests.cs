namespace MuonSharp.Distributed.Tests;

public class LauncherTests
{
    /// <summary>What launchers set, as it was seen under Open MPI 4.1.4 and MPICH 4.0.2, and as Slurm documents it.</summary>
    public static TheoryData<string, string, int?, int?> Environments => new()
    {
        { "OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2 PMIX_RANK=1", "Open MPI", 4, 2 },
        { "PMI_RANK=0 PMI_SIZE=3 MPI_LOCALRANKID=0 MPI_LOCALNRANKS=3", "MPICH", 3, 3 },
        { "SLURM_PROCID=2 SLURM_NTASKS=8 SLURM_LOCALID=0 PMIX_RANK=2", "Slurm", 8, null },
        { "SLURM_PROCID=2 SLURM_NTASKS=8 SLURM_LOCALID=0 PMI_RANK=2 PMI_SIZE=8", "Slurm", 8, null },
        { "SLURM_PROCID=0 SLURM_NTASKS=1 OMPI_COMM_WORLD_SIZE=6 OMPI_COMM_WORLD_RANK=5", "Open MPI", 6, null },
    };

    [Theory]
    [MemberData(nameof(Environments))]
    public void A_launcher_is_known_by_what_it_sets(string variables, string name, int? size, int? localSize) =>
        Assert.Equal(new Launcher(name, size, localSize), Launcher.Detect(Reader(variables)));

    [Theory]
    [InlineData("")]
    [InlineData("HOME=/root PATH=/bin")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=7")]
    public void A_process_by_itself_or_in_a_batch_script_has_none(string variables) => Assert.Null(Launcher.Detect(Reader(variables)));

    private static Func<string, string?> Reader(string variables)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=')).ToDictionary(static pair => pair[0], static pair => pair[1], StringComparer.Ordinal);
        return values.GetValueOrDefault;
    }
}
