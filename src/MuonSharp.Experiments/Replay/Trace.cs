using System.Collections.Immutable;
using MuonSharp.Formats;

namespace MuonSharp.Experiments;

/// <summary>A recorded run of an optimizer: weights before, gradients of each step, weights after steps. Open for reading.</summary>
/// <remarks>A safetensors file of F32 tensors <c>initial/NAME</c>, <c>gradient/STEP/NAME</c> (absent: the parameter had none) and
/// <c>expected/STEP/NAME</c> (of some steps), with <c>format</c>, <c>source</c> and <c>config</c> in its metadata.</remarks>
public sealed class Trace : IDisposable
{
    private readonly SafetensorsFile _file;

    private Trace(SafetensorsFile file, string source, TraceConfig config)
    {
        (_file, Source, Config) = (file, source, config);
        LastExpectedStep = TraceTensors.Check(file, config);
    }

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>What made the recording.</summary>
    public string Source { get; }

    /// <summary>Steps and groups.</summary>
    public TraceConfig Config { get; }

    /// <summary>The last step after which weights were recorded.</summary>
    public int LastExpectedStep { get; }

    /// <summary>Opens a recorded run and checks all of it but the values.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open trace; dispose it to close the file.</returns>
    /// <exception cref="InvalidFileException">The file cannot be read, or metadata, configuration or tensors break a rule of the format.</exception>
    public static Trace Open(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            string format = Metadata(file, TraceFormat.FormatKey);
            if (format != TraceFormat.Version)
            {
                throw Broken(file, $"the metadata's '{TraceFormat.FormatKey}' must be {TraceFormat.Version}; '{format}' came");
            }

            return new Trace(file, Metadata(file, TraceFormat.SourceKey), TraceConfig.Parse(Metadata(file, TraceFormat.ConfigKey), path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>The recorded shape of a parameter.</summary>
    internal ImmutableArray<int> Shape(string parameter) => [.. _file.Get(TraceFormat.Initial(parameter)).Shape.Select(size => checked((int)size))];

    /// <summary>Reads the weights before the first step.</summary>
    internal void ReadInitial(string parameter, Span<float> destination) => _file.ReadFloats(TraceFormat.Initial(parameter), destination);

    /// <summary>Reads a gradient; false when the parameter had none in that step.</summary>
    internal bool TryReadGradient(int step, string parameter, Span<float> destination) => TryRead(TraceFormat.Gradient(step, parameter), destination);

    /// <summary>Reads the weights after a step; false when they were not recorded.</summary>
    internal bool TryReadExpected(int step, string parameter, Span<float> destination) => TryRead(TraceFormat.Expected(step, parameter), destination);

    /// <summary>The exception for a problem of the file.</summary>
    internal InvalidFileException Broken(string problem) => Broken(_file, problem);

    private bool TryRead(string tensor, Span<float> destination)
    {
        if (!_file.TryGet(tensor, out _))
        {
            return false;
        }

        _file.ReadFloats(tensor, destination);
        return true;
    }

    private static string Metadata(SafetensorsFile file, string key) => file.Metadata.TryGetValue(key, out string? value)
        ? value
        : throw Broken(file, $"a trace has '{key}' in its metadata; it is missing");

    private static InvalidFileException Broken(SafetensorsFile file, string problem) => new(TraceFormat.Operation, file.Path, problem);
}
