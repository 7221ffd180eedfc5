using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The right to write a run folder: one holder at a time, over all processes, and within one.</summary>
/// <remarks>
/// An exclusively opened file (on Unix an advisory flock): the operating system releases it when the process ends, however it
/// ends, so there is no stale lock. The lock file stays; deleting it would let two holders lock two files of one name.
/// Who holds it stands beside it, in a file that others may read while the lock itself cannot be opened.
/// </remarks>
internal sealed class RunLock : IDisposable
{
    /// <summary>The file's name; it is empty.</summary>
    public const string LockFile = ".lock";

    // A lock held by somebody else: EWOULDBLOCK on Linux and macOS, ERROR_SHARING_VIOLATION on Windows.
    private static readonly int[] s_heldCodes = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _file;
    private readonly string _holderPath;

    private RunLock(FileStream file, string holderPath) => (_file, _holderPath) = (file, holderPath);

    /// <summary>Takes the lock of a folder that exists, or fails at once.</summary>
    /// <param name="folder">The run folder.</param>
    /// <returns>The lock, to be disposed when the run ends.</returns>
    /// <exception cref="RunLockedException">Somebody else holds it; the message names the process.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static RunLock Acquire(string folder)
    {
        string path = Path.Combine(folder, LockFile);
        string holderPath = Path.Combine(folder, RunHolder.FileName);
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            File.WriteAllText(holderPath, $"{RunHolder.OfThisProcess}\n");
            return new RunLock(file, holderPath);
        }
        catch (IOException exception) when (file is null && IsHeld(exception))
        {
            throw new RunLockedException(folder, RunHolder.Read(folder), exception);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            file?.Dispose();
            throw new WriteFailedException("run", file is null ? path : holderPath, exception);
        }
    }

    /// <summary>Whether a file could not be opened because somebody else has it open for himself.</summary>
    public static bool IsHeld(IOException exception) => s_heldCodes.Contains(exception.HResult);

    /// <summary>Gives the lock up.</summary>
    public void Dispose()
    {
        if (!_file.SafeFileHandle.IsClosed)
        {
            TryDeleteHolder();
            _file.Dispose();
        }
    }

    private void TryDeleteHolder()
    {
        try
        {
            File.Delete(_holderPath);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            // Only a hint; the next holder overwrites it.
        }
    }
}

/// <summary>Another trainer owns the run folder.</summary>
public sealed class RunLockedException : Exception
{
    /// <summary>Creates the exception for one folder.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="holder">The process that owns it; null if it cannot be told.</param>
    /// <param name="innerException">What the operating system said.</param>
    public RunLockedException(string folder, RunHolder? holder, Exception? innerException = null)
        : base($"[run] {folder}: one trainer may own a run folder; {Named(holder)} does already", innerException)
    {
        Folder = folder;
        Holder = holder;
    }

    /// <summary>The run folder.</summary>
    public string Folder { get; }

    /// <summary>The process that owns it; null if it cannot be told.</summary>
    public RunHolder? Holder { get; }

    /// <summary>Its number; null if it cannot be told.</summary>
    public int? ProcessId => Holder?.ProcessId;

    private static string Named(RunHolder? holder) => holder switch
    {
        null => "another process",
        { IsHere: false } => $"process {holder.ProcessId} on {holder.Machine}",
        { ProcessId: var id } when id == Environment.ProcessId => $"this process ({id})",
        _ => $"process {holder.ProcessId}",
    };
}
