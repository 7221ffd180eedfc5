using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>A kind of value: from text or JSON to the typed value and back, and the rule it keeps.</summary>
internal abstract class ConfigValue<T>(string rule)
{
    /// <summary>What a value must be, after "must be".</summary>
    public string Rule => rule;

    /// <summary>The words that it may be.</summary>
    public virtual IReadOnlyList<string> Choices => [];

    public abstract bool TryParse(string text, out T value);

    public abstract bool TryRead(JsonEntry entry, out T value);

    /// <summary>Whether a value made in code keeps the rule.</summary>
    public abstract bool Accepts(T value);

    public abstract JsonNode? Write(T value);
}

/// <summary>The kinds of values that keys have.</summary>
internal static class ConfigValues
{
    private const string None = "null";

    /// <summary>A whole number within bounds.</summary>
    public static ConfigValue<int> Whole(int least, int most = int.MaxValue) => new WholeValue(least, most);

    /// <summary>A whole number of 64 bits without a sign.</summary>
    public static ConfigValue<ulong> Unsigned { get; } = new UnsignedValue();

    /// <summary>A finite number of 0 or more.</summary>
    public static ConfigValue<double> NonNegative { get; } = Number("a number of 0 or more", value => value >= 0);

    /// <summary>A finite number above 0.</summary>
    public static ConfigValue<double> Positive { get; } = Number("a number above 0", value => value > 0);

    /// <summary>Any finite number: another place holds its rule.</summary>
    public static ConfigValue<double> AnyNumber { get; } = Number("a number", _ => true);

    /// <summary>A share below the whole.</summary>
    public static ConfigValue<double> BelowOne { get; } = Number("a number from 0 up to but not including 1", value => value is >= 0 and < 1);

    /// <summary>A share.</summary>
    public static ConfigValue<double> FromZeroToOne { get; } = Number("a number from 0 to 1", value => value is >= 0 and <= 1);

    /// <summary>True or false.</summary>
    public static ConfigValue<bool> Flag { get; } = new FlagValue();

    /// <summary>Any text.</summary>
    public static ConfigValue<string> Text { get; } = new TextValue();

    /// <summary>Text that is not empty, or null.</summary>
    public static ConfigValue<string?> OptionalText { get; } = new OptionalWord(new TextValue(notEmpty: true), "text, or null");

    /// <summary>A finite number that a condition holds of.</summary>
    public static ConfigValue<double> Number(string rule, Func<double, bool> accepts) => new NumberValue(rule, accepts);

    /// <summary>One of several words.</summary>
    public static ConfigValue<string> Choice(IReadOnlyList<string> choices) => new ChoiceValue(choices);

    /// <summary>One of several words, or null for something else.</summary>
    public static ConfigValue<string?> OptionalChoice(IReadOnlyList<string> choices, string otherwise) =>
        new OptionalWord(new ChoiceValue(choices), $"{new ChoiceValue(choices).Rule}, or null for {otherwise}");

    /// <summary>A value, or null for something else.</summary>
    public static ConfigValue<T?> OrNull<T>(ConfigValue<T> kind, string otherwise)
        where T : struct => new OptionalValue<T>(kind, $"{kind.Rule}, or null for {otherwise}", None);

    /// <summary>A value, or null (which may be written as 0) for something else.</summary>
    public static ConfigValue<T?> OrZero<T>(ConfigValue<T> kind, string otherwise)
        where T : struct => new OptionalValue<T>(kind, $"{kind.Rule}, or null or 0 for {otherwise}", "0");

    /// <summary>A number of steps; null, which is written as -1, for never.</summary>
    public static ConfigValue<int?> Interval { get; } =
        new OptionalValue<int>(new WholeValue(1, int.MaxValue), $"a whole number of steps from 1 to {int.MaxValue}, or -1 for never", "-1", written: JsonValue.Create(-1));

    /// <summary>The same, or <c>auto</c>, which stands for a number below 1.</summary>
    public static ConfigValue<int?> IntervalOrAuto(int auto) =>
        new OptionalValue<int>(new AutoValue(1, auto), $"a whole number of steps from 1 to {int.MaxValue}, auto, or -1 for never", "-1", written: JsonValue.Create(-1));

    /// <summary>A number above 0, or infinity, which is written as <c>off</c>; null for the default.</summary>
    public static ConfigValue<double?> NumberOrOff { get; } = new OptionalValue<double>(new OffValue(), "a number above 0, off, or null for the default", None);

    private static JsonValue WriteNumber(double value) => double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create($"{value}");

    private static bool TryParseNumber(string text, out double value) =>
        double.TryParse(text.AsSpan().Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    private sealed class WholeValue(int least, int most) : ConfigValue<int>($"a whole number from {least} to {most}")
    {
        public override bool TryParse(string text, out int value)
        {
            bool found = WholeNumbers.TryParse(text.Trim(), out Int128 whole) && whole >= least && whole <= most;
            value = found ? (int)whole : 0;
            return found;
        }

        public override bool TryRead(JsonEntry entry, out int value)
        {
            bool found = entry.TryWholeNumber(least, most, out long whole);
            value = (int)whole;
            return found;
        }

        public override bool Accepts(int value) => value >= least && value <= most;

        public override JsonNode Write(int value) => JsonValue.Create(value);
    }

    private sealed class AutoValue(int least, int auto) : ConfigValue<int>($"a whole number of {least} or more, or auto")
    {
        private const string Auto = "auto";

        private readonly WholeValue _number = new(least, int.MaxValue);

        public override bool TryParse(string text, out int value)
        {
            value = auto;
            return text.Trim() == Auto || _number.TryParse(text, out value);
        }

        public override bool TryRead(JsonEntry entry, out int value) => entry.TryText(out string text) ? TryParse(text, out value) && value == auto : _number.TryRead(entry, out value);

        public override bool Accepts(int value) => value == auto || _number.Accepts(value);

        public override JsonNode? Write(int value) => value == auto ? JsonValue.Create(Auto) : _number.Write(value);
    }

    private sealed class UnsignedValue() : ConfigValue<ulong>($"a whole number from 0 to {ulong.MaxValue}")
    {
        public override bool TryParse(string text, out ulong value)
        {
            bool found = WholeNumbers.TryParse(text.Trim(), out Int128 whole) && whole >= 0 && whole <= ulong.MaxValue;
            value = found ? (ulong)whole : 0;
            return found;
        }

        public override bool TryRead(JsonEntry entry, out ulong value) => entry.TryUnsigned(ulong.MaxValue, out value);

        public override bool Accepts(ulong value) => true;

        public override JsonNode Write(ulong value) => JsonValue.Create(value);
    }

    private sealed class NumberValue(string rule, Func<double, bool> accepts) : ConfigValue<double>(rule)
    {
        public override bool TryParse(string text, out double value) => TryParseNumber(text, out value) && accepts(value);

        public override bool TryRead(JsonEntry entry, out double value) => entry.TryNumber(out value) && accepts(value);

        public override bool Accepts(double value) => double.IsFinite(value) && accepts(value);

        public override JsonNode Write(double value) => WriteNumber(value);
    }

    private sealed class OffValue() : ConfigValue<double>("a number above 0, or off")
    {
        private const string Off = "off";

        public override bool TryParse(string text, out double value)
        {
            value = double.PositiveInfinity;
            return text.Trim() == Off || (TryParseNumber(text, out value) && value > 0);
        }

        public override bool TryRead(JsonEntry entry, out double value) =>
            entry.TryText(out string text) ? TryParse(text, out value) && double.IsInfinity(value) : entry.TryNumber(out value) && value > 0;

        public override bool Accepts(double value) => value > 0;

        public override JsonNode Write(double value) => double.IsPositiveInfinity(value) ? JsonValue.Create(Off) : WriteNumber(value);
    }

    private sealed class FlagValue() : ConfigValue<bool>("true or false")
    {
        public override bool TryParse(string text, out bool value) => bool.TryParse(text, out value);

        public override bool TryRead(JsonEntry entry, out bool value) => entry.TryBoolean(out value);

        public override bool Accepts(bool value) => true;

        public override JsonNode Write(bool value) => JsonValue.Create(value);
    }

    private sealed class TextValue(bool notEmpty = false) : ConfigValue<string>("text")
    {
        public override bool TryParse(string text, out string value)
        {
            value = text;
            return Accepts(text);
        }

        public override bool TryRead(JsonEntry entry, out string value) => entry.TryText(out value) && Accepts(value);

        public override bool Accepts(string value) => !notEmpty || value.Length > 0;

        public override JsonNode Write(string value) => JsonValue.Create(value);
    }

    private sealed class ChoiceValue(IReadOnlyList<string> choices)
        : ConfigValue<string>($"{(choices.Count == 1 ? "" : "one of ")}{string.Join(", ", choices)}")
    {
        public override IReadOnlyList<string> Choices => choices;

        public override bool TryParse(string text, out string value)
        {
            value = Spelled(text.Trim());
            return Accepts(value);
        }

        public override bool TryRead(JsonEntry entry, out string value)
        {
            bool read = entry.TryText(out value);
            value = read ? Spelled(value) : value;
            return read && Accepts(value);
        }

        public override bool Accepts(string value) => choices.Contains(value, StringComparer.Ordinal);

        /// <summary>The choice as it is spelled, where upper and lower case are all that differs.</summary>
        private string Spelled(string text) => choices.FirstOrDefault(choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase)) ?? text;

        public override JsonNode Write(string value) => JsonValue.Create(value);
    }

    /// <summary>A value that need not be set; <paramref name="word"/> is what text and numbers may say instead of null.</summary>
    private sealed class OptionalValue<T>(ConfigValue<T> kind, string rule, string word, JsonNode? written = null) : ConfigValue<T?>(rule)
        where T : struct
    {
        public override bool TryParse(string text, out T? value)
        {
            value = null;
            if (text.Trim() is None || IsNone(text.Trim()))
            {
                return true;
            }

            bool found = kind.TryParse(text, out T inner);
            value = found ? inner : null;
            return found;
        }

        public override bool TryRead(JsonEntry entry, out T? value)
        {
            value = null;
            if (entry.Kind == JsonValueKind.Null || (entry.Kind == JsonValueKind.Number && IsNone(entry.RawText)))
            {
                return true;
            }

            bool found = kind.TryRead(entry, out T inner);
            value = found ? inner : null;
            return found;
        }

        public override bool Accepts(T? value) => value is null || kind.Accepts(value.Value);

        public override JsonNode? Write(T? value) => value is null ? written?.DeepClone() : kind.Write(value.Value);

        /// <summary>Whether a number is the one that stands for null, however it is written.</summary>
        private bool IsNone(string text) =>
            word != None && WholeNumbers.TryParse(text, out Int128 whole) && WholeNumbers.TryParse(word, out Int128 none) && whole == none;
    }

    /// <summary>A word that need not be set.</summary>
    private sealed class OptionalWord(ConfigValue<string> kind, string rule) : ConfigValue<string?>(rule)
    {
        public override IReadOnlyList<string> Choices => kind.Choices;

        public override bool TryParse(string text, out string? value)
        {
            value = null;
            if (text is None)
            {
                return true;
            }

            bool found = kind.TryParse(text, out string inner);
            value = inner;
            return found;
        }

        public override bool TryRead(JsonEntry entry, out string? value)
        {
            value = null;
            if (entry.Kind == JsonValueKind.Null)
            {
                return true;
            }

            bool found = kind.TryRead(entry, out string inner);
            value = inner;
            return found;
        }

        public override bool Accepts(string? value) => value is null || kind.Accepts(value);

        public override JsonNode? Write(string? value) => value is null ? null : kind.Write(value);
    }
}
