namespace MuonSharp.Training;

/// <summary>The names that a run writes in its folder, and what may stand there before: a new run goes over nothing that it did not make.</summary>
internal static class RunNames
{
    /// <summary>The text of a run whose data cannot be read a second time.</summary>
    public const string TextCopy = "training-text.txt";

    /// <summary>The held-out text of such a run.</summary>
    public const string ValidationCopy = "validation-text.txt";

    /// <summary>What a beginning writes before the configuration, with which the run has begun.</summary>
    private static readonly string[] s_beforeConfig = ["environment.json", RoutingFile.Name, TokenizerFile.Name, TextCopy, ValidationCopy, ImageModelFile.Name];

    private static readonly string[] s_written =
        ["config.json", "environment.json", "metrics.jsonl", "samples.txt", RoutingFile.Name, TokenizerFile.Name, TextCopy, ValidationCopy, ImageModelFile.Name, ImageEvaluation.FileName, "report.html", "checkpoints"];

    /// <summary>Checks a folder before its lock is taken, which would already write to it.</summary>
    /// <exception cref="RunExistsException">A new run would write over something.</exception>
    /// <exception cref="RunLockedException">A trainer is at work there.</exception>
    public static void CheckUnlocked(RunFolder run)
    {
        if (Foreign(run) is null)
        {
            return;
        }

        if (run.HoldsRun && IsLock(Path.Combine(run.Path, RunLock.LockFile)))
        {
            RunLock.Acquire(run.Path).Dispose();
        }

        Check(run);
    }

    /// <summary>Checks a folder for a new run.</summary>
    /// <exception cref="RunExistsException">The run would write over something.</exception>
    public static void Check(RunFolder run)
    {
        if (Foreign(run) is { } name)
        {
            throw run.HoldsRun ? new RunExistsException(run.Path) : new RunExistsException(run.Path, name);
        }
    }

    /// <summary>Removes what a beginning left behind that was killed before there was a configuration; for a folder that was checked.</summary>
    public static void RemoveBeginning(RunFolder run, IFileOperations files)
    {
        foreach (string path in s_beforeConfig.Select(name => Path.Combine(run.Path, name)).Where(File.Exists))
        {
            files.DeleteFile(path);
        }
    }

    /// <summary>The first name of a run's that is taken. A folder of checkpoints without one, a lock that nobody holds, and beside one what a killed beginning left take nothing.</summary>
    private static string? Foreign(RunFolder run)
    {
        string held = Path.Combine(run.Path, RunLock.LockFile);
        string[] left = !run.HoldsRun && IsLock(held) ? s_beforeConfig : [];
        string? taken = s_written.Except(left).FirstOrDefault(name => IsThere(Path.Combine(run.Path, name)));
        return taken ?? (IsThere(held) && !IsLock(held) ? RunLock.LockFile : null);
    }

    private static bool IsThere(string path)
    {
        FileInfo file = new(path);
        return file.Exists || file.LinkTarget is not null
            || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(static entry => !Path.GetFileName(entry).StartsWith(CheckpointNames.Temporary, StringComparison.Ordinal)));
    }

    /// <summary>A lock is an empty file.</summary>
    private static bool IsLock(string path) => new FileInfo(path) is { Exists: true, Length: 0, LinkTarget: null };
}
