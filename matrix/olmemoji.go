//go:build goolm

package matrix

import "strings"

// emojiNames are the names of the 64 emoji of a comparison (client-server API, 11.12.2.2.5). Old
// clients cannot show the emoji themselves.
var emojiNames = strings.Split(
	"Dog,Cat,Lion,Horse,Unicorn,Pig,Elephant,Rabbit,Panda,Rooster,Penguin,Turtle,Fish,Octopus,Butterfly,Flower,"+
		"Tree,Cactus,Mushroom,Globe,Moon,Cloud,Fire,Banana,Apple,Strawberry,Corn,Pizza,Cake,Heart,Smiley,Robot,"+
		"Hat,Glasses,Spanner,Santa,Thumbs Up,Umbrella,Hourglass,Clock,Gift,Light Bulb,Book,Pencil,Paperclip,Scissors,Lock,Key,"+
		"Hammer,Telephone,Flag,Train,Bicycle,Aeroplane,Rocket,Trophy,Ball,Guitar,Trumpet,Bell,Anchor,Headphones,Folder,Pin", ",")

// emojiWords names seven emoji.
func emojiWords(numbers [7]int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = emojiNames[n]
	}
	return strings.Join(words, ", ")
}
