using System.Buffers;
using System.Text;
using System.Text.Json;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A line of <c>metrics.jsonl</c>, and of <c>--json</c>: it writes itself and reads itself, so that all who do either mean the same keys.</summary>
/// <param name="Step">How many steps had been done.</param>
public abstract record MetricsLine(long Step)
{
    private static readonly Dictionary<string, Func<long, JsonEntry, MetricsLine>> s_kinds = new(StringComparer.Ordinal)
    {
        [StepLine.KindName] = StepLine.Read,
        [EvaluationLine.KindName] = EvaluationLine.Read,
        [SampleLine.KindName] = SampleLine.Read,
        [CheckpointLine.KindName] = CheckpointLine.Read,
        [SkippedLine.KindName] = SkippedLine.Read,
        [EndLine.KindName] = EndLine.Read,
        [SpectrumLine.KindName] = SpectrumLine.Read,
    };

    /// <summary>The value of <c>kind</c>, the first key of every line.</summary>
    public abstract string Kind { get; }

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line's object.</param>
    /// <exception cref="InvalidFileException">It is no line of a known kind, or a value is of another kind than its key's.</exception>
    public static MetricsLine Read(JsonEntry line) => s_kinds[line["kind"].Choice([.. s_kinds.Keys])](line["step"].WholeNumber(0), line);

    /// <summary>Writes the line's object: <c>kind</c>, <c>step</c> and the rest in a fixed order; allocates nothing.</summary>
    /// <param name="json">Where an object may begin.</param>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, Kind);
        json.WriteNumber("step"u8, Step);
        WriteRest(json);
        json.WriteEndObject();
    }

    /// <summary>The line as text, without its line break.</summary>
    public string ToJson()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, MetricsLog.WriterOptions))
        {
            WriteTo(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes the keys that follow <c>kind</c> and <c>step</c>.</summary>
    private protected abstract void WriteRest(Utf8JsonWriter json);

    /// <summary>A number; null stands for one that is not finite, or was not measured.</summary>
    private protected static double Number(JsonEntry entry) => entry.IsSet ? entry.Number() : double.NaN;
}

/// <summary>A training step: kind <c>step</c>.</summary>
/// <remarks>All but the times are the same in every run of the same configuration.</remarks>
/// <param name="Step">How many steps had been done, this one counted.</param>
public sealed record StepLine(long Step) : MetricsLine(Step)
{
    internal const string KindName = "step";
    private const string Speed = "_per_second";

    /// <summary>The last unit and its key: a run has one, and writing a line allocates nothing.</summary>
    private static Tuple<string, string> s_speedKey = Tuple.Create("tokens", "tokens" + Speed);

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <summary>What the data is counted in: the key of <see cref="Units"/>.</summary>
    public required string Unit { get; init; }

    /// <summary>Units of data seen since the run began.</summary>
    public required long Units { get; init; }

    /// <summary>Mean training loss of the step.</summary>
    public required double Loss { get; init; }

    /// <summary>The learning rate of every parameter group in this step.</summary>
    public required IReadOnlyList<GroupLearningRate> LearningRates { get; init; }

    /// <summary>Global norm of the raw gradients, before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Root mean square of the change of the weights.</summary>
    public required double UpdateRms { get; init; }

    /// <summary>Time of the whole step, in milliseconds.</summary>
    public required double StepMilliseconds { get; init; }

    /// <summary>The optimizer's part of <see cref="StepMilliseconds"/>.</summary>
    public required double OptimizerMilliseconds { get; init; }

    /// <summary>What talking to other ranks took of <see cref="StepMilliseconds"/>; null in one process, and then a line has no keys of it.</summary>
    public ExchangeTimes? Exchange { get; init; }

    /// <summary>Units of data per second of this step; its key is the unit and <c>_per_second</c>.</summary>
    public required double UnitsPerSecond { get; init; }

    /// <summary>Greatest attention logit of the step over all layers and heads; not finite if it was not measured.</summary>
    public required double MaximumLogit { get; init; }

    /// <summary>Heads that QK-clip scaled down.</summary>
    public required int ClippedHeads { get; init; }

    /// <summary>Every head's greatest logit and factors, layer by layer; a line keeps of each the greatest logit and the accumulated factor. All factors are 1 when QK-clip is off.</summary>
    public required IReadOnlyList<HeadClip> Heads { get; init; }

    /// <summary>What the step did to each group of parameters, in the order of <see cref="LearningRates"/>.</summary>
    public IReadOnlyList<GroupStep> Groups { get; init; } = [];

    /// <summary>Memory of the process, looked at once a second at most; null, and then a line has no keys of it, in steps between.</summary>
    public ProcessMemory? Memory { get; init; }

    internal static StepLine Read(long step, JsonEntry line) => new(step)
    {
        Unit = UnitOf(line),
        Units = line.Find(UnitOf(line))?.WholeNumber(0) ?? 0,
        Loss = line["loss"].Kind == JsonValueKind.Null ? double.NaN : line["loss"].Number(),
        LearningRates = [.. (line.Find("lr")?.Members() ?? []).Select(rate => new GroupLearningRate(rate.Name, Number(rate)))],
        GradientNorm = Number(line["grad_norm"]),
        UpdateRms = Number(line["update_rms"]),
        StepMilliseconds = Number(line["step_ms"]),
        OptimizerMilliseconds = Number(line["optimizer_ms"]),
        Exchange = ExchangeTimes.Read(line),
        UnitsPerSecond = Number(line[UnitOf(line) + Speed]),
        MaximumLogit = Number(line["max_logit"]),
        ClippedHeads = line.Find("clipped_heads")?.Integer(0) ?? 0,
        Heads = [.. ReadHeads(line)],
        Groups = [.. (line.Find("groups")?.Members() ?? []).Select(GroupStep.Read)],
        Memory = ProcessMemory.Read(line),
    };

    private static string SpeedKey(string unit)
    {
        Tuple<string, string> known = s_speedKey;
        if (known.Item1 != unit)
        {
            s_speedKey = known = Tuple.Create(unit, unit + Speed);
        }

        return known.Item2;
    }

    /// <summary>The unit is what some key says that there are so many of per second.</summary>
    private static string UnitOf(JsonEntry line) =>
        line.Members().Select(member => member.Name).FirstOrDefault(name => name.EndsWith(Speed, StringComparison.Ordinal)) is { } key ? key[..^Speed.Length] : "tokens";

    /// <inheritdoc/>
    private protected override void WriteRest(Utf8JsonWriter json)
    {
        json.WriteNumber(Unit, Units);
        json.WriteFinite("loss"u8, Loss);
        json.WriteStartObject("lr"u8);
        for (int i = 0; i < LearningRates.Count; i++)
        {
            json.WriteNumber(LearningRates[i].Group, LearningRates[i].Value);
        }

        json.WriteEndObject();
        json.WriteFinite("grad_norm"u8, GradientNorm);
        json.WriteFinite("update_rms"u8, UpdateRms);
        json.WriteFinite("step_ms"u8, StepMilliseconds);
        json.WriteFinite("optimizer_ms"u8, OptimizerMilliseconds);
        Exchange?.WriteTo(json);
        json.WriteFinite(SpeedKey(Unit), UnitsPerSecond);
        json.WriteFinite("max_logit"u8, MaximumLogit);
        json.WriteNumber("clipped_heads"u8, ClippedHeads);
        json.WriteHeads(Heads);
        if (Groups.Count > 0)
        {
            json.WriteStartObject("groups"u8);
            for (int i = 0; i < Groups.Count; i++)
            {
                Groups[i].WriteTo(json);
            }

            json.WriteEndObject();
        }

        Memory?.WriteTo(json);
    }

    private static IEnumerable<HeadClip> ReadHeads(JsonEntry line)
    {
        IReadOnlyList<JsonEntry> logits = line.Find("head_max_logits")?.Items() ?? [];
        IReadOnlyList<JsonEntry> factors = line["head_factors"] is { IsSet: true } given ? given.Items(logits.Count, logits.Count) : [];
        for (int layer = 0; layer < factors.Count; layer++)
        {
            IReadOnlyList<JsonEntry> ofLayer = logits[layer].Items();
            IReadOnlyList<JsonEntry> factorsOfLayer = factors[layer].Items(ofLayer.Count, ofLayer.Count);
            for (int head = 0; head < ofLayer.Count; head++)
            {
                yield return new HeadClip(layer, head, ofLayer[head].IsSet ? (float)ofLayer[head].Number() : float.NegativeInfinity, 1, factorsOfLayer[head].Number(), 0);
            }
        }
    }
}

/// <summary>An evaluation on held-out data: kind <c>eval</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Numbers">What was measured, by name; at least one: the first one decides. For text <c>val_loss</c> in nats per token and <c>bits_per_byte</c>.</param>
public sealed record EvaluationLine(long Step, IReadOnlyList<NamedNumber> Numbers) : MetricsLine(Step)
{
    internal const string KindName = "eval";

    /// <inheritdoc/>
    public override string Kind => KindName;

    internal static EvaluationLine Read(long step, JsonEntry line)
    {
        NamedNumber[] numbers = [.. line.Members().Where(member => member.Name is not ("kind" or "step")).Select(member => new NamedNumber(member.Name, Number(member)))];
        return numbers.Length > 0 ? new(step, numbers) : throw line.Broken("an evaluation must hold a number; none came");
    }

    /// <inheritdoc/>
    private protected override void WriteRest(Utf8JsonWriter json)
    {
        for (int i = 0; i < Numbers.Count; i++)
        {
            json.WritePropertyName(Numbers[i].Name);
            json.WriteFiniteValue(Numbers[i].Value);
        }
    }
}

/// <summary>A number that was measured.</summary>
/// <param name="Name">Its name: the key in files.</param>
/// <param name="Value">The number; one that is not finite is null in files.</param>
public readonly record struct NamedNumber(string Name, double Value);

/// <summary>Text that the model wrote: kind <c>sample</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Prompt">What it was given.</param>
/// <param name="Text">What it wrote.</param>
public sealed record SampleLine(long Step, string Prompt, string Text) : MetricsLine(Step)
{
    internal const string KindName = "sample";

    /// <inheritdoc/>
    public override string Kind => KindName;

    internal static SampleLine Read(long step, JsonEntry line) => new(step, line["prompt"].Text(), line["text"].Text());

    /// <inheritdoc/>
    private protected override void WriteRest(Utf8JsonWriter json)
    {
        json.WriteString("prompt"u8, Prompt);
        json.WriteString("text"u8, Text);
    }
}

/// <summary>A checkpoint: kind <c>checkpoint</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Path">The checkpoint's folder; in a run's metrics relative to the run folder.</param>
public sealed record CheckpointLine(long Step, string Path) : MetricsLine(Step)
{
    internal const string KindName = "checkpoint";

    /// <inheritdoc/>
    public override string Kind => KindName;

    internal static CheckpointLine Read(long step, JsonEntry line) => new(step, line["path"].Text());

    /// <inheritdoc/>
    private protected override void WriteRest(Utf8JsonWriter json) => json.WriteString("path"u8, Path);
}

/// <summary>A step that changed nothing because a gradient was not finite, or the norm of all of them too large: kind <c>skipped</c>.</summary>
/// <param name="Step">How many steps had been done, this one counted.</param>
/// <param name="Parameter">The first parameter whose gradient held a NaN or an infinity, or the one with most of a norm that is too large.</param>
/// <param name="InARow">How many steps in a row have been skipped.</param>
/// <param name="GradientNorm">Global norm of the raw gradients; not finite when a gradient was not.</param>
public sealed record SkippedLine(long Step, string Parameter, int InARow, double GradientNorm = double.NaN) : MetricsLine(Step)
{
    internal const string KindName = "skipped";

    /// <inheritdoc/>
    public override string Kind => KindName;

    internal static SkippedLine Read(long step, JsonEntry line) => new(step, line["parameter"].Text(), line["in_a_row"].Integer(1), Number(line["grad_norm"]));

    /// <inheritdoc/>
    private protected override void WriteRest(Utf8JsonWriter json)
    {
        json.WriteString("parameter"u8, Parameter);
        json.WriteNumber("in_a_row"u8, InARow);
        json.WriteFinite("grad_norm"u8, GradientNorm);
    }
}

/// <summary>The end of a run: kind <c>end</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Reason">Why: <c>finished</c>, <c>stopped-early</c>, <c>cancelled</c> or <c>diverged</c>.</param>
public sealed record EndLine(long Step, string Reason) : MetricsLine(Step)
{
    internal const string KindName = "end";
    internal const string Diverged = "diverged";

    private const string Finished = "finished";
    private const string FinishedBefore = "done";

    /// <inheritdoc/>
    public override string Kind => KindName;

    internal static string ReasonOf(TrainingOutcome outcome) => outcome switch
    {
        TrainingOutcome.Cancelled => "cancelled",
        TrainingOutcome.StoppedEarly => "stopped-early",
        _ => Finished,
    };

    // Earlier versions said "done" in files and "finished" elsewhere.
    internal static EndLine Read(long step, JsonEntry line) => new(step, line["reason"].Text() is var reason && reason == FinishedBefore ? Finished : reason);

    /// <inheritdoc/>
    private protected override void WriteRest(Utf8JsonWriter json) => json.WriteString("reason"u8, Reason);
}
