using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>A folder of checkpoints that survives a kill or a power failure at any instant.</summary>
/// <remarks>
/// <para>A checkpoint is written to a temporary folder, every file and the folder are flushed to disk, then it is renamed
/// to <c>step-00000500</c>, and then <c>latest</c>, which names the newest complete one, is replaced. So at every instant
/// <see cref="LoadLatest"/> finds a complete checkpoint: the old one or the new one.</para>
/// <para>One process may save (the run's lock sees to that); any number may load meanwhile.</para>
/// </remarks>
public sealed class CheckpointStore
{
    // What other readers of safetensors files ask for: plain row-major tensors.
    private static readonly Dictionary<string, string> s_metadata = new(StringComparer.Ordinal) { ["format"] = "pt" };

    private readonly IFileOperations _files;
    private readonly CheckpointFolder _content;
    private readonly CheckpointUpkeep _upkeep;

    /// <summary>A store in a folder, which the first save creates.</summary>
    /// <param name="folder">The folder, such as <c>runs/first/checkpoints</c>.</param>
    /// <param name="files">How files are written; the file system itself if null.</param>
    public CheckpointStore(string folder, IFileOperations? files = null)
    {
        Folder = folder;
        _files = files ?? FileOperations.Instance;
        _content = new CheckpointFolder(folder);
        _upkeep = new CheckpointUpkeep(folder, _files);
    }

    /// <summary>The folder that holds the checkpoints.</summary>
    public string Folder { get; }

    /// <summary>The steps of which there is a checkpoint (not verified), newest first.</summary>
    /// <exception cref="InvalidFileException">The folder cannot be read.</exception>
    public IReadOnlyList<long> Steps => ReadSteps();

    /// <summary>Writes a checkpoint; when this returns it is complete, on the disk, and the one that <c>latest</c> names.</summary>
    /// <param name="step">How many steps have been done; a checkpoint of the same step is replaced.</param>
    /// <param name="contents">What to write.</param>
    /// <param name="keep">How many of the newest checkpoints stay, at least 1. Two or more: a damaged one can be passed over.
    /// Checkpoints of later steps, which a run left behind that went back, are removed as well.</param>
    /// <param name="good">Step of a checkpoint that stays as well, however old: the last good one. -1: none.</param>
    /// <param name="best">Step of another one that stays, and that the file <c>best</c> names if it is there: the one of the best evaluation. -1: none.</param>
    /// <returns>The checkpoint's folder.</returns>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written; the checkpoints before are untouched.</exception>
    public string Save(long step, CheckpointContents contents, int keep, long good = -1, long best = -1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        string folder = Path.Combine(Folder, CheckpointNames.Of(step));
        try
        {
            _files.EnsureDirectory(Folder);
            _upkeep.CleanUp();
            string temporary = WriteTemporary(step, contents);
            Publish(temporary, folder);
            Point(CheckpointNames.Latest, step);
            PointToBest(best);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException(CheckpointNames.Operation, folder, exception);
        }

        _upkeep.Retain(step, keep, [good, best]);
        return folder;
    }

    /// <summary>Writes a checkpoint's state anew, as a whole or not at all; its tensors stay as they are.</summary>
    /// <param name="step">The step of a checkpoint that is complete and that <c>latest</c> names.</param>
    /// <param name="contents">Its contents, of which the state alone is written.</param>
    /// <param name="keep">As in <see cref="Save"/>.</param>
    /// <param name="good">As in <see cref="Save"/>.</param>
    /// <param name="best">As in <see cref="Save"/>.</param>
    /// <returns>The checkpoint's folder.</returns>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written; the checkpoint is as it was.</exception>
    internal string Amend(long step, CheckpointContents contents, int keep, long good, long best)
    {
        string folder = _content.Locate(step);
        try
        {
            string path = Path.Combine(folder, CheckpointNames.State);
            CheckpointState written = CheckpointState.Read(path);
            _files.Replace(path, CheckpointState.ToBytes(step, written.Model, written.Optimizer, contents));
            PointToBest(best);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception) || exception is InvalidFileException)
        {
            throw new WriteFailedException(CheckpointNames.Operation, folder, exception);
        }

        _upkeep.Retain(step, keep, [good, best]);
        return folder;
    }

    /// <summary>Opens the newest complete checkpoint. Every file is verified against its SHA-256 first.</summary>
    /// <param name="problems">One line for each newer checkpoint that was passed over because it is damaged.</param>
    /// <returns>The checkpoint, to be disposed; null if the folder holds none.</returns>
    /// <exception cref="InvalidFileException">There are checkpoints, and every one is damaged.</exception>
    public LoadedCheckpoint? LoadLatest(out IReadOnlyList<string> problems)
    {
        while (true)
        {
            long? latest = _content.Named(CheckpointNames.Latest, out string? problem);
            List<string> found = problem is null ? [] : [problem];
            problems = found;
            LoadedCheckpoint? loaded = FirstComplete(latest, found);
            if (loaded is not null || found.Count == 0)
            {
                return loaded;
            }

            // A trainer may have replaced and removed what we were looking at; look again then.
            if (_content.Named(CheckpointNames.Latest, out _) == latest)
            {
                throw new InvalidFileException(CheckpointNames.Operation, Folder, $"a complete checkpoint is needed; {string.Join("; ", found)}");
            }
        }
    }

    /// <summary>Makes the folder, shows that it can be written, and removes what an interrupted save left behind. For the run's one owner only.</summary>
    /// <remarks>So a place where no checkpoint can be written is found before the training, not after it.</remarks>
    /// <exception cref="WriteFailedException">The folder cannot be made or written.</exception>
    internal void Prepare()
    {
        try
        {
            _files.EnsureDirectory(Folder);
            _upkeep.CleanUp();
            string probe = Path.Combine(Folder, CheckpointNames.Temporary + "probe");
            _files.CreateDirectory(probe);
            _files.DeleteDirectory(probe);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException(CheckpointNames.Operation, Folder, exception);
        }
    }

    /// <summary>Makes the file <c>best</c> say what the run knows. It is for people and scripts: the tool reads the state of a checkpoint, which cannot be behind it.</summary>
    /// <param name="step">Step of the best checkpoint; the file goes if that is not there.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    internal void PointToBest(long step)
    {
        long? named = _content.Named(CheckpointNames.Best, out string? problem);
        if (step >= 0 && Directory.Exists(_content.Locate(step)))
        {
            if (named != step)
            {
                Point(CheckpointNames.Best, step);
            }
        }
        else if (named is not null || problem is not null)
        {
            _files.DeleteFile(Path.Combine(Folder, CheckpointNames.Best));
        }
    }

    private LoadedCheckpoint? FirstComplete(long? latest, List<string> problems)
    {
        List<long> steps = ReadSteps();
        if (latest is { } named && !steps.Contains(named))
        {
            steps.Add(named);
        }

        // The one named, then those before it, newest first; a later one that was never named only if all else fails.
        foreach (long step in steps.OrderBy(step => step > latest).ThenByDescending(step => step))
        {
            try
            {
                return CheckpointReader.Open(_content.Locate(step));
            }
            catch (InvalidFileException exception)
            {
                problems.Add(exception.Message);
            }
        }

        return null;
    }

    private List<long> ReadSteps()
    {
        try
        {
            return _content.Steps();
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.UnreadableFolder(CheckpointNames.Operation, Folder, exception);
        }
    }

    private string WriteTemporary(long step, CheckpointContents contents)
    {
        string folder = Path.Combine(Folder, CheckpointNames.Temporary + CheckpointNames.Of(step));
        try
        {
            _files.CreateDirectory(folder);
            FileDigest model = WriteTensors(Path.Combine(folder, CheckpointNames.Model), contents.Model);
            FileDigest optimizer = WriteTensors(Path.Combine(folder, CheckpointNames.Optimizer), contents.Optimizer);
            _files.Replace(Path.Combine(folder, CheckpointNames.State), CheckpointState.ToBytes(step, model, optimizer, contents));
            return folder;
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            _upkeep.TryRemove(folder);
            throw;
        }
    }

    private FileDigest WriteTensors(string path, IReadOnlyList<NamedTensor> tensors)
    {
        using Stream file = _files.Open(path, keep: 0);
        using var hashing = new HashingStream(file);
        SafetensorsWriter.Write(hashing, tensors, s_metadata);
        _files.Flush(file);
        return hashing.Digest;
    }

    private void Publish(string temporary, string folder)
    {
        string? aside = null;
        if (Directory.Exists(folder))
        {
            aside = Path.Combine(Folder, CheckpointNames.Replaced + Path.GetFileName(folder));
            _files.Move(folder, aside);
        }

        _files.Move(temporary, folder);
        _files.FlushDirectory(Folder);
        if (aside is not null)
        {
            _upkeep.TryRemove(aside);
        }
    }

    private void Point(string name, long step) =>
        _files.Replace(Path.Combine(Folder, name), Encoding.UTF8.GetBytes(CheckpointNames.Of(step) + "\n"));
}
