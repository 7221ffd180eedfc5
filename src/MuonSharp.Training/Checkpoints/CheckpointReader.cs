using System.Security.Cryptography;
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
            return new LoadedCheckpoint(folder, state, model, optimizer);
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
                    CheckpointNames.Operation, path, $"its sha256 must be the one that state.json says, {expected.Sha256[..8]}...; it is {actual[..8]}...");
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
    private static readonly JsonOptions s_options = new() { Operation = CheckpointNames.Operation };
    private readonly CheckpointState _state;

    internal LoadedCheckpoint(string folder, CheckpointState state, SafetensorsFile model, SafetensorsFile optimizer) =>
        (Folder, _state, Model, Optimizer) = (folder, state, model, optimizer);

    /// <summary>The checkpoint's folder.</summary>
    public string Folder { get; }

    /// <summary>How many steps had been done.</summary>
    public long Step => _state.Step;

    /// <summary>What was given as <see cref="CheckpointContents.State"/>.</summary>
    public JsonEntry State => _state.State;

    /// <summary>The weights.</summary>
    public SafetensorsFile Model { get; }

    /// <summary>SHA-256 of the file of the weights, in lower-case hexadecimal.</summary>
    public string ModelSha256 => _state.Model.Sha256;

    /// <summary>The optimizer's tensors.</summary>
    public SafetensorsFile Optimizer { get; }

    /// <summary>Reads a file of the run folder that the checkpoint means nothing without.</summary>
    /// <param name="path">Where it lies; its name is the one in <see cref="CheckpointContents.RunFiles"/>.</param>
    /// <returns>Its bytes, which are those that the checkpoint was written with.</returns>
    /// <exception cref="InvalidFileException">It cannot be read, or is another one.</exception>
    public byte[] ReadRunFile(string path)
    {
        byte[] bytes = JsonFile.ReadBytes(path, s_options);
        return _state.RunFiles.TryGetValue(Path.GetFileName(path), out FileDigest expected) && FileDigest.Of(bytes) == expected
            ? bytes
            : throw new InvalidFileException(
                CheckpointNames.Operation, path, $"it must be the file that {Path.GetFileName(Folder)} was written with, as state.json says; another one came");
    }

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
