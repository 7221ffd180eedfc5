using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The one writer of a run folder: holds its lock, its metrics and samples, and saves checkpoints that fit them.</summary>
/// <remarks>
/// Metrics and samples are on the disk before a checkpoint becomes visible, and the checkpoint records how long they were. So
/// after a resume the files continue exactly where the checkpoint was, and equal those of a run that was never stopped.
/// </remarks>
internal sealed class RunWriter : IDisposable
{
    private const string LogsKey = "logs";
    private const string MetricsKey = "metrics_bytes";
    private const string SamplesKey = "samples_bytes";

    private readonly RunLock _lock;
    private readonly CheckpointStore _checkpoints;
    private readonly IFileOperations _files;
    private TensorBoardLog? _tensorBoard;

    private RunWriter(RunFolder folder, RunLock held, IFileOperations files, LoadedCheckpoint? checkpoint, IReadOnlyList<string> problems)
    {
        Folder = folder;
        Checkpoint = checkpoint;
        Problems = problems;
        (_lock, _files) = (held, files);
        _checkpoints = new CheckpointStore(folder.CheckpointsPath, files);
        JsonEntry? logs = checkpoint?.State.Find(LogsKey);
        long step = checkpoint?.Step ?? -1;
        Metrics = new MetricsLog(folder.MetricsPath, MetricsTrim.KeptBytes(folder.MetricsPath, Recorded(logs, MetricsKey), step), files);
        Samples = new SamplesLog(folder.SamplesPath, checkpoint is null ? 0 : Recorded(logs, SamplesKey) ?? long.MaxValue, files);
    }

    /// <summary>The places in the folder.</summary>
    public RunFolder Folder { get; }

    /// <summary>The log <c>metrics.jsonl</c>.</summary>
    public MetricsLog Metrics { get; }

    /// <summary>The log <c>samples.txt</c>.</summary>
    public SamplesLog Samples { get; }

    /// <summary>Writes a line for TensorBoard too, into a file that is begun with the first.</summary>
    /// <param name="line">The line.</param>
    /// <param name="firstStep">The first step that this process has done, from 1.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public void WriteTensorBoard(MetricsLine line, long firstStep, TimeProvider time) => (_tensorBoard ??= TensorBoardLog.Open(Folder, firstStep, _files, time)).Write(line);

    /// <summary>What the run resumes from; null for a run that starts at its beginning. Closed with this writer, if not before.</summary>
    public LoadedCheckpoint? Checkpoint { get; }

    /// <summary>One line for each damaged checkpoint that was passed over.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Begins a new run: creates the folder, takes its lock, writes environment, configuration and what else it keeps.</summary>
    /// <param name="folder">The run folder; may exist if it holds none of a run's files.</param>
    /// <param name="config">The effective configuration.</param>
    /// <param name="environment">Where it runs: see <see cref="RunEnvironment.Describe"/>.</param>
    /// <param name="files">How files are written; the file system itself if null.</param>
    /// <param name="kept">Other files that the folder keeps, by name; null: none.</param>
    /// <returns>The writer, to be disposed when the run ends.</returns>
    /// <exception cref="RunExistsException">The folder holds a run already, or something else under a name that a run writes; nothing was touched.</exception>
    /// <exception cref="RunLockedException">Another trainer owns the folder.</exception>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public static RunWriter Create(
        string folder, JsonObject config, JsonObject environment, IFileOperations? files = null, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? kept = null)
    {
        RunFolder place = new(folder);
        RunNames.CheckUnlocked(place);
        return Own(place, files ?? FileOperations.Instance, Begin);

        RunWriter Begin(RunFolder run, RunLock held, IFileOperations operations)
        {
            RunNames.Check(run);
            RunNames.RemoveBeginning(run, operations);
            new CheckpointStore(run.CheckpointsPath, operations).Prepare();
            WriteAll(run, operations, kept ?? NoFiles.Instance);
            Write(operations, run.EnvironmentPath, IndentedJson.ToBytes(environment));
            Write(operations, run.ConfigPath, IndentedJson.ToBytes(config));
            return new RunWriter(run, held, operations, checkpoint: null, problems: []);
        }
    }

    /// <summary>Takes a run up again: at its newest complete checkpoint or, if it has none yet, at its beginning.</summary>
    /// <remarks>Removes what an interrupted save left behind; cuts metrics and samples back to the checkpoint once nothing else can fail.</remarks>
    /// <param name="folder">The run folder.</param>
    /// <param name="files">How files are written; the file system itself if null.</param>
    /// <param name="prepare">Does everything that a resume can fail at, with the checkpoint (null for none) and one line for each damaged one that was
    /// passed over, and returns the files to write, by name; what it throws leaves the run as it is. Null: nothing is written.</param>
    /// <returns>The writer, to be disposed when the run ends; see <see cref="Checkpoint"/> and <see cref="Problems"/>.</returns>
    /// <exception cref="InvalidFileException">There is no run here, or all of its checkpoints are damaged.</exception>
    /// <exception cref="RunLockedException">Another trainer owns the folder.</exception>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public static RunWriter Resume(string folder, IFileOperations? files = null, RunPreparation? prepare = null)
    {
        if (PathProblem.OfNoFolder(folder) is { } problem)
        {
            throw new InvalidFileException("run", folder, $"a run folder is needed; {problem}");
        }

        return Own(new RunFolder(folder), files ?? FileOperations.Instance, Continue);

        RunWriter Continue(RunFolder run, RunLock held, IFileOperations operations)
        {
            CheckpointStore store = new(run.CheckpointsPath, operations);
            store.Prepare();
            LoadedCheckpoint? checkpoint = store.LoadLatest(out IReadOnlyList<string> problems);
            try
            {
                using (AppendFile.Open("metrics", run.MetricsPath, long.MaxValue, operations))
                using (AppendFile.Open("samples", run.SamplesPath, long.MaxValue, operations))
                {
                    // Opened and closed again: what cannot be written is found before anything is cut.
                }

                if (prepare is not null)
                {
                    WriteAll(run, operations, prepare(checkpoint, problems));
                }

                store.PointToBest(checkpoint is null ? -1 : EvaluationCourse.ReadBest(checkpoint.State)?.Step ?? -1);

                return new RunWriter(run, held, operations, checkpoint, problems);
            }
            catch
            {
                checkpoint?.Dispose();
                throw;
            }
        }
    }

    /// <summary>Saves a checkpoint that the run can resume from as if it had never stopped.</summary>
    /// <param name="step">How many steps have been done.</param>
    /// <param name="contents">What to write.</param>
    /// <param name="keep">How many of the newest checkpoints stay, at least 1.</param>
    /// <param name="scheduled">
    /// True for one that every run of this configuration writes: its line in the metrics belongs to the run. False for one
    /// that only this interruption causes: its line is dropped on resume.
    /// </param>
    /// <param name="good">Step of the last checkpoint that is known to be good: it stays whatever <paramref name="keep"/> says. -1: none.</param>
    /// <param name="best">Step of the checkpoint of the best evaluation: it stays too. -1: none.</param>
    /// <param name="isThere">Whether <see cref="Hold"/> wrote its tensors: the state alone is written then.</param>
    /// <returns>The checkpoint's folder.</returns>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written; earlier checkpoints are untouched.</exception>
    public string Save(long step, CheckpointContents contents, int keep, bool scheduled = true, long good = -1, long best = -1, bool isThere = false)
    {
        var line = new CheckpointLine(step, $"{Path.GetFileName(Folder.CheckpointsPath)}/{CheckpointNames.Of(step)}");
        if (scheduled)
        {
            Metrics.Write(line);
        }

        CheckpointContents complete = WithLogs(contents);
        string saved = isThere ? _checkpoints.Amend(step, complete, keep, good, best) : _checkpoints.Save(step, complete, keep, good, best);
        if (!scheduled)
        {
            Metrics.Write(line);
        }

        return saved;
    }

    /// <summary>Saves a checkpoint before something long begins; <see cref="Save"/> follows when it has ended.</summary>
    public void Hold(long step, CheckpointContents contents, int keep, long good, long best) =>
        _checkpoints.Save(step, WithLogs(contents), keep, good, best);

    /// <summary>Writes files of the run folder, each as a whole or not at all.</summary>
    /// <param name="contents">The files by name.</param>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    internal void Replace(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents) => WriteAll(Folder, _files, contents);

    /// <summary>Closes the files and gives the lock up.</summary>
    public void Dispose()
    {
        Metrics.Dispose();
        Samples.Dispose();
        _tensorBoard?.Dispose();
        Checkpoint?.Dispose();
        _lock.Dispose();
    }

    private static RunWriter Own(RunFolder folder, IFileOperations files, Func<RunFolder, RunLock, IFileOperations, RunWriter> open)
    {
        RunLock? held = null;
        try
        {
            if (File.Exists(Path.TrimEndingDirectorySeparator(folder.Path)) && PathProblem.OfNoFolder(folder.Path) is { } problem)
            {
                throw new IOException(problem);
            }

            files.EnsureDirectory(folder.Path);
            held = RunLock.Acquire(folder.Path);
            return open(folder, held, files);
        }
        catch (Exception exception)
        {
            held?.Dispose();
            if (WriteFailedException.IsWriteFailure(exception))
            {
                throw new WriteFailedException("run", folder.Path, exception);
            }

            throw;
        }
    }

    private static long? Recorded(JsonEntry? logs, string key) => logs?.Find(key)?.WholeNumber(0);

    /// <summary>Contents that say how long the logs are, which are on the disk then.</summary>
    private CheckpointContents WithLogs(CheckpointContents contents)
    {
        Metrics.FlushToDisk();
        Samples.FlushToDisk();
        JsonObject state = contents.State.DeepClone().AsObject();
        state[LogsKey] = new JsonObject { [MetricsKey] = Metrics.Length, [SamplesKey] = Samples.Length };
        return new CheckpointContents { Model = contents.Model, Optimizer = contents.Optimizer, State = state, RunFiles = contents.RunFiles };
    }

    private static void WriteAll(RunFolder run, IFileOperations files, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents)
    {
        foreach ((string name, ReadOnlyMemory<byte> content) in contents)
        {
            Write(files, Path.Combine(run.Path, name), content.Span);
        }
    }

    private static void Write(IFileOperations files, string path, ReadOnlySpan<byte> content)
    {
        try
        {
            files.Replace(path, content);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException("run", path, exception);
        }
    }
}

/// <summary>What a resume does between finding the checkpoint and cutting the logs back to it.</summary>
/// <param name="checkpoint">The checkpoint; null for a run that starts over.</param>
/// <param name="problems">One line for each damaged checkpoint that was passed over.</param>
/// <returns>Files of the run folder to write, by name.</returns>
internal delegate IReadOnlyDictionary<string, ReadOnlyMemory<byte>> RunPreparation(LoadedCheckpoint? checkpoint, IReadOnlyList<string> problems);
