using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Finds the checkpoint whose weights something else is to begin with.</summary>
internal static class SourceCheckpoint
{
    private const string Operation = "weights";

    /// <summary>The run folder of a path that names a run or one of its checkpoints.</summary>
    public static RunFolder RunOf(string path) => new(IsCheckpoint(path) || Pointer(path) is not null ? Path.GetFullPath(Path.Combine(path, "..", "..")) : path);

    /// <summary>Opens the newest good checkpoint of a run, or the checkpoint that is named; every file of it is verified.</summary>
    /// <param name="path">A run folder, the folder of a checkpoint, or its file <c>checkpoints/best</c> or <c>checkpoints/latest</c>.</param>
    /// <param name="sha256">SHA-256 that its weights must have; null: any. Of a run, any checkpoint may have it.</param>
    /// <param name="notices">One line for each newer checkpoint that was passed over because it is damaged.</param>
    /// <exception cref="InvalidFileException">There is no run or checkpoint, or it is damaged.</exception>
    /// <exception cref="BadInputException">The run has written no checkpoint yet, or none with these weights.</exception>
    public static LoadedCheckpoint Open(string path, string? sha256, out IReadOnlyList<string> notices)
    {
        notices = [];
        if (Pointer(path) is { } choice)
        {
            LoadedCheckpoint chosen = RunOf(path).OpenCheckpoint(choice, out _);
            return sha256 is null || chosen.ModelSha256 == sha256 ? chosen : WithWeights(RunOf(path).Path, sha256, chosen);
        }

        bool named = IsCheckpoint(path);
        if ((PathProblem.OfNoFolder(path) ?? (named || new RunFolder(path).HoldsRun ? null : "this one has neither config.json nor state.json")) is { } problem)
        {
            throw new InvalidFileException(Operation, path, $"a run or a checkpoint is needed; {problem}");
        }

        if (!named && sha256 is not null)
        {
            return WithWeights(path, sha256);
        }

        LoadedCheckpoint found = named ? CheckpointReader.Open(path) : Newest(path, out notices);
        if (sha256 is null || found.ModelSha256 == sha256)
        {
            return found;
        }

        found.Dispose();
        throw Other(path, sha256, found.ModelSha256 + " came");
    }

    private static bool IsCheckpoint(string path) => File.Exists(Path.Combine(path, CheckpointNames.State));

    /// <summary>The newest checkpoint, or the one before of which it says that it is the last good one: a broken model may have finite weights.</summary>
    private static LoadedCheckpoint Newest(string path, out IReadOnlyList<string> notices)
    {
        CheckpointStore store = new RunFolder(path).Checkpoints;
        LoadedCheckpoint newest = store.LoadLatest(out IReadOnlyList<string> problems)
            ?? throw new BadInputException($"[{Operation}] {path}: a checkpoint is needed; the run has written none yet");
        notices = [.. PassedOver.Describe(problems, newest.Step)];
        long good = RunState.Good(newest.State);
        if (good < 0 || good == newest.Step || !store.Steps.Contains(good))
        {
            return newest;
        }

        newest.Dispose();
        notices = [.. notices, $"[{Operation}] {path}: the checkpoint of step {good} is used; the model of step {newest.Step} was broken"];
        return CheckpointReader.Open(new CheckpointFolder(store.Folder).Locate(good));
    }

    /// <summary>What is meant by <c>RUN/checkpoints/best</c> or <c>latest</c>; null for another path.</summary>
    private static CheckpointChoice? Pointer(string path) =>
        Path.GetFileName(path) is CheckpointNames.Best or CheckpointNames.Latest && File.Exists(path) && new RunFolder(Path.GetFullPath(Path.Combine(path, "..", ".."))).HoldsRun
            && CheckpointChoice.TryParse(Path.GetFileName(path), out CheckpointChoice choice) ? choice : null;

    private static LoadedCheckpoint WithWeights(string path, string sha256, LoadedCheckpoint? other = null)
    {
        other?.Dispose();
        CheckpointStore store = new RunFolder(path).Checkpoints;
        foreach (string folder in store.Steps.Select(new CheckpointFolder(store.Folder).Locate))
        {
            try
            {
                if (CheckpointState.Read(Path.Combine(folder, CheckpointNames.State)).Model.Sha256 == sha256)
                {
                    return CheckpointReader.Open(folder);
                }
            }
            catch (InvalidFileException) when (store.Steps.Count > 1)
            {
                // Another checkpoint may have them.
            }
        }

        throw Other(path, sha256, "no checkpoint of the run has them");
    }

    private static BadInputException Other(string path, string sha256, string came) =>
        new($"[{Operation}] {path}: the weights must be those that train.fromSha256 names, {sha256}; {came}");
}
