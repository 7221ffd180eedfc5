using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>What a network takes for what: how often each class was taken for each other, and its worst mistakes.</summary>
public sealed class ImageEvaluation
{
    /// <summary>The file of a run folder that tells of the last evaluation: classes, confusion matrix, worst mistakes and the first layer's filters with their pictures.</summary>
    public const string FileName = "evaluation.json";

    private const int MostMistakes = 24;
    private readonly int[,] _confusion;

    /// <summary>What logits say of images.</summary>
    /// <param name="images">The images.</param>
    /// <param name="logits">Shape [images, classes]; the greatest is the answer, the first of several. Where one is not a number, or the greatest not finite, there is no answer.</param>
    internal ImageEvaluation(ImageSet images, ReadOnlySpan<float> logits)
    {
        int classes = images.Classes.Length;
        Images = images.Count;
        _confusion = new int[classes, classes];
        PriorityQueue<ImageMistake, double> worst = new();
        double[] probabilities = new double[classes];
        for (int i = 0; i < images.Count; i++)
        {
            ReadOnlySpan<float> row = logits.Slice(i * classes, classes);
            if (!HasAnswer(row))
            {
                WithoutAnswer++;
                continue;
            }

            Probabilities(row, probabilities);
            (int actual, int answer) = (images.Labels[i], 0);
            for (int each = 1; each < classes; each++)
            {
                answer = row[each] > row[answer] ? each : answer;
            }

            _confusion[actual, answer]++;
            if (answer != actual)
            {
                worst.Enqueue(new(i, actual, answer, probabilities[answer], probabilities[actual]), -probabilities[actual]);
                _ = worst.Count > MostMistakes ? worst.Dequeue() : null;
            }
        }

        Mistakes = [.. worst.UnorderedItems.Select(item => item.Element).OrderBy(mistake => mistake.ActualProbability).ThenBy(mistake => mistake.Index)];
    }

    /// <summary>Number of images.</summary>
    public int Images { get; }

    /// <summary>Images of which the network, being broken, said nothing: a logit is not a number. They count as wrong, and are taken for no class.</summary>
    public int WithoutAnswer { get; }

    /// <summary>Share of right answers, of all images.</summary>
    public double Accuracy => Images == 0 ? 0 : Enumerable.Range(0, _confusion.GetLength(0)).Sum(i => (double)_confusion[i, i]) / Images;

    /// <summary>The images of whose class the network was least sure, the worst first.</summary>
    public ImmutableArray<ImageMistake> Mistakes { get; }

    /// <summary>How often images of a class were taken for a class.</summary>
    /// <param name="actual">What they are.</param>
    /// <param name="answer">What they were taken for.</param>
    public int Count(int actual, int answer) => _confusion[actual, answer];

    /// <summary>Whether logits have a greatest one: none is a NaN, which is greater than nothing, and the greatest is a number.</summary>
    internal static bool HasAnswer(ReadOnlySpan<float> logits)
    {
        float greatest = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            if (float.IsNaN(logit))
            {
                return false;
            }

            greatest = Math.Max(greatest, logit);
        }

        return float.IsFinite(greatest);
    }

    /// <summary>The softmax of logits, in double precision.</summary>
    internal static void Probabilities(ReadOnlySpan<float> logits, Span<double> probabilities)
    {
        float greatest = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            greatest = Math.Max(greatest, logit);
        }

        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            sum += probabilities[i] = Math.Exp(logits[i] - greatest);
        }

        for (int i = 0; i < logits.Length; i++)
        {
            probabilities[i] /= sum;
        }
    }

    /// <summary>The content of <see cref="FileName"/>.</summary>
    internal byte[] ToBytes(ImageSet images, IReadOnlyList<byte[]> filters) => IndentedJson.ToBytes(new JsonObject
    {
        ["images"] = Images,
        ["accuracy"] = Accuracy,
        ["without_answer"] = WithoutAnswer,
        ["classes"] = new JsonArray([.. images.Classes.Select(name => (JsonNode)name)]),
        ["confusion"] = new JsonArray([.. Enumerable.Range(0, images.Classes.Length).Select(JsonNode (actual) =>
            new JsonArray([.. Enumerable.Range(0, images.Classes.Length).Select(answer => (JsonNode)_confusion[actual, answer])]))]),
        ["mistakes"] = new JsonArray([.. Mistakes.Select(JsonNode (mistake) => new JsonObject
        {
            ["index"] = mistake.Index,
            ["actual"] = mistake.Actual,
            ["answer"] = mistake.Answer,
            ["answer_probability"] = Finite(mistake.AnswerProbability),
            ["actual_probability"] = Finite(mistake.ActualProbability),
            ["png"] = Convert.ToBase64String(PngFile.ToBytes(images[mistake.Index], images.Shape)),
        })]),
        ["filters"] = new JsonArray([.. filters.Select(png => (JsonNode)Convert.ToBase64String(png))]),
    });

    private static double Finite(double value) => double.IsFinite(value) ? value : 0;
}

/// <summary>An image that was taken for something else.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Actual">Its class.</param>
/// <param name="Answer">The class it was taken for.</param>
/// <param name="AnswerProbability">The probability that the network gave to that.</param>
/// <param name="ActualProbability">The probability that the network gave to its class.</param>
public sealed record ImageMistake(int Index, int Actual, int Answer, double AnswerProbability, double ActualProbability);
