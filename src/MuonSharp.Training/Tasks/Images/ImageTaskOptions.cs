namespace MuonSharp.Training;

/// <summary>How an <see cref="ImageTask"/> draws, augments and evaluates.</summary>
public sealed record ImageTaskOptions
{
    /// <summary>Images of a micro-batch, 1 or more.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Seed of the order of the images and of their augmentation.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>Images evaluated at once: memory and speed, not the result's meaning.</summary>
    public int EvaluationBatch { get; init; } = 256;

    /// <summary>Share of the target that is spread over all classes, in [0, 1). An evaluation has none.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Whether the gradient is that of the sum over the images of a step instead of their mean.</summary>
    public bool SumsLoss { get; init; }

    /// <summary>Whether images are mirrored left to right every other epoch.</summary>
    public bool Flip { get; init; }

    /// <summary>Whether an epoch ends with its last whole step: the images that do not fill one are left out of it. Otherwise a step reaches into the next epoch.</summary>
    public bool DropLast { get; init; }

    /// <summary>Greatest move of an image in pixels, 0 or more.</summary>
    public int Shift { get; init; }

    /// <summary>How many views of an image an evaluation averages for <c>accuracy_views</c>, one of <see cref="ImageViews.Counts"/>; 1: there is no such number.</summary>
    public int Views { get; init; } = 1;

    /// <summary>Steps before which evaluations look at one view alone, since the others take their time.</summary>
    public long ViewsFromStep { get; init; }

    /// <summary>What the network sees of a byte; null: by mean and deviation of the training images.</summary>
    public ImageNormalization? Normalization { get; init; }

    /// <summary>What messages call the images.</summary>
    public string Source { get; init; } = "the images";

    /// <summary>Files beside the images that were left out.</summary>
    internal IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>What the options break, one line each.</summary>
    internal IEnumerable<string> Problems(Formats.ImageShape shape)
    {
        (bool Holds, string Rule)[] rules =
        [
            (Batch >= 1 && EvaluationBatch >= 1, $"a batch has an image or more; {Batch} and {EvaluationBatch} came"),
            (LabelSmoothing is >= 0 and < 1, FormattableString.Invariant($"label smoothing is from 0 up to but not including 1; {LabelSmoothing} came")),
            (Shift >= 0 && Shift < Math.Min(shape.Height, shape.Width), $"an image is moved by 0 pixels or more, and less than its size, {shape}; {Shift} came"),
            (ImageViews.Counts.Contains(Views), $"the views are {string.Join(", ", ImageViews.Counts)}; {Views} came"),
            (Views < 6 || Math.Min(shape.Height, shape.Width) > 1, $"six views need images of more than one pixel; {shape} came"),
        ];
        return rules.Where(rule => !rule.Holds).Select(rule => "[images] " + rule.Rule);
    }
}

/// <summary>The views of an image whose logits are averaged: both sides of the mirror, and these moved by a pixel up and left, and down and right.</summary>
/// <remarks>Source: the test-time augmentation of KellerJordan/cifar10-airbench: half the weight is that of the image where it is, half that of the moved ones.</remarks>
public static class ImageViews
{
    private static readonly (ImageView View, float Weight)[] s_all =
    [
        (new(false, 0, 0), 0.25f), (new(true, 0, 0), 0.25f),
        (new(false, -1, -1), 0.125f), (new(true, -1, -1), 0.125f),
        (new(false, 1, 1), 0.125f), (new(true, 1, 1), 0.125f),
    ];

    /// <summary>How many there can be: the image alone, with its mirror image, or all six.</summary>
    public static IReadOnlyList<int> Counts { get; } = [1, 2, 6];

    /// <summary>The views with their weights, which add up to 1; the first is the image as it is.</summary>
    /// <param name="count">One of <see cref="Counts"/>.</param>
    public static IReadOnlyList<(ImageView View, float Weight)> Of(int count) => count switch
    {
        1 => [(s_all[0].View, 1)],
        2 => [.. s_all[..2].Select(view => (view.View, 0.5f))],
        6 => s_all,
        _ => throw new ArgumentOutOfRangeException(nameof(count), $"[images] the views are {string.Join(", ", Counts)}; {count} came"),
    };
}
