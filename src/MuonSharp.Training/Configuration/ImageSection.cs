using MuonSharp.Formats;
using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>A network that says which class an image is of, and how it is trained: keys <c>image.*</c>.</summary>
public sealed record ImageSection
{
    /// <summary>One of <see cref="ImageNetworks.Names"/>. Null: the run trains a language model, and no other key here counts.</summary>
    public string? Network { get; init; }

    /// <summary>Widths of the network's layers, numbers with commas between. Null: the network's own.</summary>
    public string? Widths { get; init; }

    /// <summary>Passes over the training images; sets <c>train.steps</c>. Null: <c>train.steps</c> counts.</summary>
    public double? Epochs { get; init; }

    /// <summary>Rows and columns that every image is scaled to: the shorter side becomes so long, and the middle is taken. Null: the images have one size, which stays.</summary>
    public int? Size { get; init; }

    /// <summary>Names, with commas between, for classes that the data only numbers. Null: their numbers.</summary>
    public string? Classes { get; init; }

    /// <summary>Share of the target that is spread over all classes, in [0, 1).</summary>
    public double LabelSmoothing { get; init; }

    /// <summary><c>mean</c> or <c>sum</c>: whether the gradient is that of the mean loss of a step's images or of their sum.</summary>
    public string Reduction { get; init; } = "mean";

    /// <summary>Whether an epoch ends with its last whole step.</summary>
    public bool DropLast { get; init; }

    /// <summary>Whether images are mirrored left to right every other epoch.</summary>
    public bool Flip { get; init; }

    /// <summary>Greatest move of an image in pixels.</summary>
    public int Shift { get; init; }

    /// <summary>Views of an image that the evaluation at the end averages: 1, 2 or 6.</summary>
    public int Views { get; init; } = 1;

    /// <summary>Who steps biases and head: SGD with Nesterov's momentum instead of the optimizer's own.</summary>
    public ImageSgdSection Sgd { get; init; } = new();

    /// <summary>When keys about images make a difference.</summary>
    internal static ConfigCondition IsOn { get; } = new("image.network", c => c.Image.Network is not null);

    /// <summary>When keys about language make a difference.</summary>
    internal static ConfigCondition IsOff { get; } = new("image.network", c => c.Image.Network is null);

    internal static IReadOnlyList<ConfigKey> Keys { get; } = [.. Describe(new("image.", c => c.Image, (c, s) => c with { Image = s })), .. ImageSgdSection.Keys];

    /// <summary>The widths as numbers; null for the network's own, or for a text that is none.</summary>
    internal int[]? WidthNumbers => Widths?.Split(',').Select(part => int.TryParse(part.Trim(), System.Globalization.CultureInfo.InvariantCulture, out int width) ? width : 0).ToArray();

    internal void Check(List<string> problems)
    {
        if (WidthNumbers is { } widths && (widths.Any(width => width is < 1 or > 65536) || widths.Length != ImageNetworks.WidthsOf(Network!).Count))
        {
            problems.Add($"[config] image.widths must be {ImageNetworks.WidthsOf(Network!).Count} whole numbers from 1 to 65536 with commas between, or null, with image.network={Network}; {OneLine.Quote(Widths!)} came");
        }

        if (!ImageViews.Counts.Contains(Views))
        {
            problems.Add($"[config] image.views must be one of {string.Join(", ", ImageViews.Counts)}; {Views} came");
        }
    }

    private static ConfigKey[] Describe(ConfigSection<ImageSection> section) =>
    [
        section.Key("network", OptionalChoice(ImageNetworks.Names, "a language model"), m => m.Network, (m, v) => m with { Network = v },
            "the network that says which class an image is of; it makes the run one of images, on a folder that `data.file` names", also: "architecture arch cnn"),
        section.Key("widths", OptionalText, m => m.Widths, (m, v) => m with { Widths = v },
            "widths of its layers, whole numbers with commas between, as many as the network has; null: " + string.Join("; ", ImageNetworks.Names.Select(name => $"{string.Join(',', ImageNetworks.WidthsOf(name))} of `{name}`")), usedWhen: IsOn, also: "channels filters"),
        section.Key("epochs", OrNull(Positive, "`train.steps`"), m => m.Epochs, (m, v) => m with { Epochs = v },
            "passes over the training images, whole or not; sets `train.steps`", free: true, usedWhen: IsOn),
        section.Key("size", OrNull(Whole(1, 4096), "their own, which must be one"), m => m.Size, (m, v) => m with { Size = v },
            "rows and columns that every image is scaled to: the shorter side becomes so long, and the middle is taken", unit: "pixels", usedWhen: IsOn, also: "imageSize resize resolution"),
        section.Key("classes", OptionalText, m => m.Classes, (m, v) => m with { Classes = v }, "names with commas between for classes that the data only numbers; null: their numbers", usedWhen: IsOn, also: "classNames labels"),
        section.Key("labelSmoothing", BelowOne, m => m.LabelSmoothing, (m, v) => m with { LabelSmoothing = v }, "share of the target that is spread over all classes; not in evaluations", usedWhen: IsOn),
        section.Key("reduction", Choice(["mean", "sum"]), m => m.Reduction, (m, v) => m with { Reduction = v }, "whether the gradient is that of the mean loss of a step's images or of the sum", usedWhen: IsOn),
        section.Key("dropLast", Flag, m => m.DropLast, (m, v) => m with { DropLast = v },
            "whether the images that do not fill a step at the end of an epoch are left out of it; otherwise the step goes on with the next epoch", usedWhen: IsOn),
        section.Key("flip", Flag, m => m.Flip, (m, v) => m with { Flip = v }, "whether every image is mirrored left to right every other epoch", usedWhen: IsOn, also: "mirror horizontalFlip"),
        section.Key("shift", Whole(0, 1000), m => m.Shift, (m, v) => m with { Shift = v }, "greatest move of an image, in each direction; what lies beyond an edge is mirrored at it", unit: "pixels", usedWhen: IsOn, also: "translate crop"),
        section.Key("views", Whole(1, 6), m => m.Views, (m, v) => m with { Views = v },
            "views of an image that the evaluation after the last step averages for `accuracy_views`: 1, 2 (with the mirror image) or 6 (moved by a pixel too)", free: true, usedWhen: IsOn, also: "tta testTimeAugmentation"),
    ];
}

/// <summary>SGD for what is no filter, as the script airbench94 has it: keys <c>image.sgd.*</c>.</summary>
public sealed record ImageSgdSection
{
    /// <summary>Peak learning rate of biases. Null: no SGD, they are stepped as <c>optimizer.auxiliary.*</c> say, and so is the head.</summary>
    public double? BiasLearningRate { get; init; }

    /// <summary>Peak learning rate of the head.</summary>
    public double HeadLearningRate { get; init; } = 0.67;

    /// <summary>Momentum, Nesterov's.</summary>
    public double Momentum { get; init; } = 0.85;

    /// <summary>Decay for each image of a step: a step at the peak takes this times the images off a weight.</summary>
    public double Decay { get; init; } = 2e-6;

    /// <summary>Epochs after which the bias of the whitening layer rests, its rate falling to 0 till then.</summary>
    public double WhiteningEpochs { get; init; } = 3;

    private static ConfigCondition IsOn { get; } = new("image.sgd.biasLearningRate", c => c.Image.Sgd.BiasLearningRate is not null);

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("image.sgd.", c => c.Image.Sgd, (c, s) => c with { Image = c.Image with { Sgd = s } }));

    private static ConfigKey[] Describe(ConfigSection<ImageSgdSection> section) =>
    [
        section.Key("biasLearningRate", OrNull(Positive, "`optimizer.auxiliary.*`"), s => s.BiasLearningRate, (s, v) => s with { BiasLearningRate = v },
            "peak learning rate of biases, which SGD with Nesterov's momentum steps then, the head too", usedWhen: ImageSection.IsOn),
        section.Key("headLearningRate", Positive, s => s.HeadLearningRate, (s, v) => s with { HeadLearningRate = v }, "peak learning rate of the head", usedWhen: IsOn),
        section.Key("momentum", BelowOne, s => s.Momentum, (s, v) => s with { Momentum = v }, "its momentum", usedWhen: IsOn),
        section.Key("decay", NonNegative, s => s.Decay, (s, v) => s with { Decay = v }, "decay for each image of a step, whatever the learning rate", usedWhen: IsOn),
        section.Key("whiteningEpochs", Positive, s => s.WhiteningEpochs, (s, v) => s with { WhiteningEpochs = v }, "epochs over which the rate of the whitening layer's bias falls to 0", usedWhen: IsOn),
    ];
}
