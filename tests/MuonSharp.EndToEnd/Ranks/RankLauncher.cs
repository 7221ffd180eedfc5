using System.Globalization;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Ranks;

/// <summary>The tool as several processes, under the launcher of one family.</summary>
internal static class RankLauncher
{
    private static readonly Dictionary<string, string[]> s_names = new(StringComparer.Ordinal)
    {
        ["openmpi"] = ["mpirun.openmpi", "mpirun"],
        ["mpich"] = ["mpiexec.mpich", "mpiexec.hydra"],
    };

    /// <summary>Open MPI refuses to run as root without these.</summary>
    private static readonly Dictionary<string, string> s_variables = new(StringComparer.Ordinal)
    {
        ["OMPI_ALLOW_RUN_AS_ROOT"] = "1",
        ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1",
    };

    /// <summary>Starts ranks; skips the test where the launcher is not installed.</summary>
    public static RunningProcess Start(string family, int ranks, params string[] arguments)
    {
        string? launcher = s_names[family].SelectMany(static name => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(launcher is null, $"no launcher of {family} is installed ({string.Join(", ", s_names[family])})");
        string[] options = family == "openmpi" ? ["--oversubscribe", "--bind-to", "none", "-x", "TERM=dumb"] : [];
        return new(launcher!, [.. options, "-n", ranks.ToString(CultureInfo.InvariantCulture), "dotnet", "exec", Repository.Tool, .. arguments], null, s_variables);
    }

    /// <summary>Runs them to their end.</summary>
    public static ProcessResult Run(string family, int ranks, params string[] arguments)
    {
        using RunningProcess running = Start(family, ranks, arguments);
        return running.Wait();
    }
}
