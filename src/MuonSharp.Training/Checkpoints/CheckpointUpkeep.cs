using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Removes from a folder of checkpoints what is old, replaced, or left behind by a save that was interrupted.</summary>
internal sealed class CheckpointUpkeep(string path, IFileOperations files)
{
    private readonly CheckpointFolder _content = new(path);

    /// <summary>Finishes or undoes what an interrupted save had begun.</summary>
    public void CleanUp()
    {
        foreach (string aside in _content.Leftovers(CheckpointNames.Replaced))
        {
            string place = Path.Combine(path, Path.GetFileName(aside)[CheckpointNames.Replaced.Length..]);
            if (Directory.Exists(place))
            {
                Remove(aside);
            }
            else
            {
                files.Move(aside, place);
            }
        }

        foreach (string leftover in _content.Leftovers(CheckpointNames.Temporary))
        {
            files.DeleteTree(leftover);
        }
    }

    /// <summary>Keeps the newest few up to a step and those that are kept however old they are, and none of a later step.</summary>
    public void Retain(long step, int keep, long[] kept)
    {
        List<long> steps = _content.Steps();
        foreach (long old in steps.Where(other => other > step).Concat(steps.Where(other => other <= step).Skip(keep).Where(other => !kept.Contains(other))))
        {
            TryRemove(Path.Combine(path, CheckpointNames.Of(old)));
        }
    }

    /// <summary>Removes a folder if that can be done; the next save tries again, and what counts is complete already.</summary>
    public void TryRemove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Remove(folder);
            }
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            // Space is lost for a while, nothing else.
        }
    }

    // Renamed first, so that no half-deleted folder has a checkpoint's name.
    private void Remove(string folder)
    {
        string name = Path.GetFileName(folder);
        if (!name.StartsWith(CheckpointNames.Temporary, StringComparison.Ordinal))
        {
            string doomed = Path.Combine(path, CheckpointNames.Temporary + "removed-" + name.TrimStart('.'));
            files.Move(folder, doomed);
            folder = doomed;
        }

        files.DeleteTree(folder);
    }
}
