using MuonSharp.Distributed.Tests.Mpi;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Ranks;

/// <summary>The tool as several processes, under the launcher of one family.</summary>
internal static class RankLauncher
{
    /// <summary>Starts ranks; skips the test where the launcher is not installed.</summary>
    public static RunningProcess Start(string family, int ranks, params string[] arguments) => Start(family, ranks, MpiFamily.Variables, arguments);

    /// <summary>The same under a launcher that gives the ranks ten seconds when it is interrupted, as the page of ranks says. Open MPI's own second is too short for a checkpoint on a busy machine.</summary>
    public static RunningProcess StartPatient(string family, int ranks, params string[] arguments) =>
        Start(family, ranks, new Dictionary<string, string>(MpiFamily.Variables, StringComparer.Ordinal) { ["OMPI_MCA_odls_base_sigkill_timeout"] = "10" }, arguments);

    /// <summary>Runs them to their end.</summary>
    public static ProcessResult Run(string family, int ranks, params string[] arguments)
    {
        using RunningProcess running = Start(family, ranks, arguments);
        return running.Wait();
    }

    /// <summary>Runs ranks whose command lines a shell makes of one text, so that they may differ by variables of the launcher.</summary>
    public static ProcessResult RunShell(string family, int ranks, string arguments)
    {
        using var running = new RunningProcess(
            MpiFamily.Launcher(family), [.. MpiFamily.Options(family, ranks), "sh", "-c", $"exec dotnet exec {Repository.Tool} {arguments}"], null, MpiFamily.Variables);
        return running.Wait();
    }

    private static RunningProcess Start(string family, int ranks, IReadOnlyDictionary<string, string> variables, string[] arguments) =>
        new(MpiFamily.Launcher(family), [.. MpiFamily.Options(family, ranks), "dotnet", "exec", Repository.Tool, .. arguments], null, variables);
}
