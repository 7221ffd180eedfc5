using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Opens one checkpoint, verified: a flipped bit, a cut or a missing file is found before anything is used.</summary>
internal static class CheckpointReader
{
    /// <exception cref="InvalidFileException">A file of the checkpoint is missing, damaged or of another format.</exception>
    public static LoadedCheckpoint Open(string folder)
    {
        string statePath = Path.Combine(folder, CheckpointNames.State);
        CheckpointState state = CheckpointState.Read(statePath);
        if (CheckpointNames.TryParse(Path.GetFileName(folder), out long step) && step != state.Step)
        {
            throw new InvalidFileException(
                CheckpointNames.Operation, statePath, $"the folder's name must say the step; it says {step}, the state {state.Step}");
        }

        SafetensorsFile model = OpenVerified(Path.Combine(folder, CheckpointNames.Model), state.Model);
        try
        {
            SafetensorsFile optimizer = OpenVerified(Path.Combine(folder, CheckpointNames.Optimizer), state.Optimizer);
            return new LoadedCheckpoint(folder, state.Step, state.State, model, optimizer);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static SafetensorsFile OpenVerified(string path, FileDigest expected)
    {
        try
        {
            using FileStream stream = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (stream.Length != expected.Bytes)
            {
                throw new InvalidFileException(
                    CheckpointNames.Operation, path, $"it must have {expected.Bytes} bytes, as state.json says; it has {stream.Length}");
            }

            string actual = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (!string.Equals(actual, expected.Sha256, StringComparison.Ordinal))
            {
                throw new InvalidFileException(
                    CheckpointNames.Operation, path, $"its sha256 must be {expected.Sha256}, as state.json says; it is {actual}");
            }
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable(CheckpointNames.Operation, path, exception);
        }

        return SafetensorsFile.Open(path);
    }
}

/// <summary>A checkpoint whose every file has been verified against its hash; the tensors are read on demand.</summary>
public sealed class LoadedCheckpoint : IDisposable
{
    internal LoadedCheckpoint(string folder, long step, JsonObject state, SafetensorsFile model, SafetensorsFile optimizer) =>
        (Folder, Step, State, Model, Optimizer) = (folder, step, state, model, optimizer);

    /// <summary>The checkpoint's folder.</summary>
    public string Folder { get; }

    /// <summary>How many steps had been done.</summary>
    public long Step { get; }

    /// <summary>What was given as <see cref="CheckpointContents.State"/>.</summary>
    public JsonObject State { get; }

    /// <summary>The weights.</summary>
    public SafetensorsFile Model { get; }

    /// <summary>The optimizer's tensors.</summary>
    public SafetensorsFile Optimizer { get; }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        Model.Dispose();
        Optimizer.Dispose();
    }
}

/// <summary>What a user is told of damaged checkpoints: what is wrong with each, and which one is used instead.</summary>
internal static class PassedOver
{
    /// <summary>One line for each damaged checkpoint.</summary>
    /// <param name="problems">What is wrong with them.</param>
    /// <param name="step">Step of the checkpoint that is used.</param>
    public static IEnumerable<string> Describe(IReadOnlyList<string> problems, long step) =>
        problems.Select(problem => $"{problem}; the checkpoint of step {step} is used instead");
}
