namespace MuonSharp.Distributed;

/// <summary>What started this process as one of several, by the variables that launchers set. A process that was not never loads MPI.</summary>
/// <param name="Name"><c>Open MPI</c>, <c>MPICH</c> (Hydra, of which Intel's and MVAPICH's are kin) or <c>Slurm</c>.</param>
/// <param name="Size">Ranks that it says it has started; null where it does not say.</param>
/// <param name="LocalSize">Of them on this machine; null where it does not say.</param>
public sealed record Launcher(string Name, int? Size, int? LocalSize)
{
    /// <summary>The launcher of this process; null for a process that was started by itself.</summary>
    public static Launcher? Detect() => Detect(Environment.GetEnvironmentVariable);

    /// <summary>The launcher that some environment tells of.</summary>
    /// <param name="read">The value of a variable, or null.</param>
    internal static Launcher? Detect(Func<string, string?> read) =>
        read("OMPI_COMM_WORLD_SIZE") is { } openMpi ? new("Open MPI", Number(openMpi), Number(read("OMPI_COMM_WORLD_LOCAL_SIZE")))
        : read("PMI_RANK") is not null && read("SLURM_PROCID") is null ? new("MPICH", Number(read("PMI_SIZE")), Number(read("MPI_LOCALNRANKS")))
        : read("SLURM_PROCID") is not null && (read("PMIX_RANK") ?? read("PMI_RANK")) is not null ? new("Slurm", Number(read("SLURM_NTASKS")), null)
        : null;

    private static int? Number(string? text) => int.TryParse(text, out int number) && number > 0 ? number : null;
}
