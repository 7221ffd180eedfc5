using System.Globalization;
using MuonSharp.Formats;
using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Models.Storage;

/// <summary>A model of 500 MB: reading it takes the memory of its parameters and no more, and writing it none worth mentioning, in every form.</summary>
[Collection(nameof(WholeProcess))]
public sealed class LargeModelTests : IDisposable
{
    private const long Slack = 48 << 20;

    private readonly Folder _folder = new();
    private readonly WorkerTeam _team = new(2);

    public void Dispose()
    {
        _team.Dispose();
        _folder.Dispose();
    }

    [Fact(Explicit = true)]
    public void Five_hundred_megabytes_are_read_into_their_parameters_and_written_along_the_way()
    {
        LanguageModelConfig config = new()
        {
            Vocabulary = 32_000,
            Layers = 11,
            Heads = 12,
            Width = 768,
            HiddenWidth = 2560,
            Context = 1024,
            Family = ModelFamilies.Llama,
            Normalization = Normalization.RmsNorm,
            Gated = true,
            Activation = Activation.Silu,
            TiedHead = false,
        };
        string file = _folder.At("model.gguf");
        using (LanguageModel model = new(config, 5, _team, gradients: false, drawn: false))
        {
            Assert.InRange(4 * model.Parameters.ElementCount, 500_000_000, 600_000_000);
            Measure("written as safetensors", 0, () => ModelDirectory.Write(_folder.Path, model));
            Measure("written as GGUF", 0, () => GgufModel.Write(file, model, GgufElement.Q80, new GgufMetadata(), "large"));
        }

        long parameters = new FileInfo(_folder.At("model.safetensors")).Length;
        Assert.InRange(parameters, 500_000_000, 600_000_000);
        Measure("read from safetensors", parameters, () => ModelDirectory.Load(_folder.Path, _team)).Dispose();
        using GgufFile gguf = GgufFile.Open(file);
        Measure("read from GGUF", parameters, () => GgufModel.Load(gguf, _team)).Dispose();
    }

    private static void Measure(string what, long allowed, Action action) => Measure(what, allowed, () =>
    {
        action();
        return 0;
    });

    /// <summary>Managed memory that was allocated, and memory of the process that belongs to no file, at its highest.</summary>
    private static T Measure<T>(string what, long allowed, Func<T> action)
    {
        GC.Collect();
        long before = PrivateBytes(), peak = before, allocated = GC.GetTotalAllocatedBytes(precise: true);
        using CancellationTokenSource done = new();
        Thread watch = new(() =>
        {
            while (!done.Token.WaitHandle.WaitOne(5)) peak = Math.Max(peak, PrivateBytes());
        });
        watch.Start();
        T result = action();
        peak = Math.Max(peak, PrivateBytes());
        done.Cancel();
        watch.Join();
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {(peak - before) / 1e6:0} MB more at the highest, {allocated / 1e6:0} MB allocated as managed memory"));
        Assert.True(peak - before <= allowed + Slack, $"{what}: {peak - before} bytes more at the highest");
        return result;
    }

    private static long PrivateBytes()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("RssAnon:", StringComparison.Ordinal));
        return 1024 * long.Parse(line["RssAnon:".Length..^2].Trim(), CultureInfo.InvariantCulture);
    }
}
