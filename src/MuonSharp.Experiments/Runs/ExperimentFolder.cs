using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>The folder of an experiment, which one process at a time may own.</summary>
internal static class ExperimentFolder
{
    /// <summary>Makes the folder where it is missing, and takes its lock.</summary>
    /// <param name="operation">The command, for messages.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="files">How it is written.</param>
    /// <param name="open">What is done with the lock, which is given up again where this throws.</param>
    /// <exception cref="RunLockedException">Another process owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static T Own<T>(string operation, string folder, IFileOperations files, Func<RunLock, T> open)
    {
        RunLock? held = null;
        try
        {
            files.EnsureDirectory(folder);
            held = RunLock.Acquire(folder);
            return open(held);
        }
        catch (Exception error)
        {
            held?.Dispose();
            throw WriteFailedException.IsWriteFailure(error) ? new WriteFailedException(operation, folder, error) : error;
        }
    }

    /// <summary>Writes a file of numbers, as a whole or not at all.</summary>
    /// <param name="operation">The command, for messages.</param>
    /// <param name="path">The file.</param>
    /// <param name="files">How it is written.</param>
    /// <param name="json">What it says.</param>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public static void Write(string operation, string path, IFileOperations files, JsonObject json)
    {
        try
        {
            files.Replace(path, IndentedJson.ToBytes(json));
        }
        catch (Exception error) when (WriteFailedException.IsWriteFailure(error))
        {
            throw new WriteFailedException(operation, path, error);
        }
    }
}
