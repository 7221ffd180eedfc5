using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Output;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Cli.Generate;

/// <summary>The texts of a generation: the first that is not done yet appears as it is drawn, the others behind it, with an empty line between.</summary>
/// <param name="prompts">What they continue.</param>
/// <param name="shown">Where they appear; null: nowhere yet.</param>
internal sealed class GeneratedTexts(string[] prompts, TextWriter? shown)
{
    private readonly StringBuilder[] _texts = [.. prompts.Select(static _ => new StringBuilder())];
    private readonly GenerationEnd?[] _ends = new GenerationEnd?[prompts.Length];
    private int _current;

    /// <summary>Shows the first prompt.</summary>
    public void Start() => Begin(0);

    /// <summary>Takes a piece.</summary>
    public void Add(GeneratedText piece)
    {
        _texts[piece.Prompt].Append(piece.Text);
        _ends[piece.Prompt] ??= piece.End;
        if (piece.Prompt == _current)
        {
            Show(piece.Text);
            while (_ends[_current] is not null && _current < prompts.Length - 1)
            {
                Next();
            }
        }
    }

    /// <summary>Shows what is left.</summary>
    public void End()
    {
        while (_current < prompts.Length - 1)
        {
            Next();
        }

        shown?.WriteLine();
    }

    /// <summary>One object for each text.</summary>
    public void WriteJson(long? step, GenerationStatistics statistics)
    {
        for (int i = 0; i < prompts.Length; i++)
        {
            JsonLines.Write(new JsonObject
            {
                ["kind"] = "sample",
                ["step"] = step,
                ["prompt"] = prompts[i],
                ["text"] = _texts[i].ToString(),
                ["end"] = _ends[i] switch
                {
                    GenerationEnd.EndOfText => "end_of_text",
                    GenerationEnd.Stop => "stop",
                    GenerationEnd.Length => "length",
                    _ => "cancelled",
                },
                ["prompt_tokens_per_second"] = Math.Round(statistics.PromptTokensPerSecond, 1),
                ["tokens_per_second"] = Math.Round(statistics.TokensPerSecond, 1),
            });
        }
    }

    /// <summary>How fast it went, in one line.</summary>
    public static string Speed(GenerationStatistics statistics) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Amount.Of(statistics.Tokens, "token")}, {statistics.TokensPerSecond:0.#} a second; prompt {Amount.Of(statistics.PromptTokens, "token")}, {statistics.PromptTokensPerSecond:0.#} a second");

    private void Next()
    {
        shown?.WriteLine();
        shown?.WriteLine();
        Begin(_current + 1);
    }

    private void Begin(int prompt)
    {
        _current = prompt;
        Show(prompts[prompt]);
        Show(_texts[prompt].ToString());
    }

    /// <summary>A file gets the text as it is; a terminal gets no control characters but line ends and tabs: the others are shown.</summary>
    private void Show(string text)
    {
        shown?.Write(Console.IsOutputRedirected ? text : OneLine.Printable(text));
        shown?.Flush();
    }
}
